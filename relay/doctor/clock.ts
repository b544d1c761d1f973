import type { Say } from './finding.ts'

/**
 * Holds this machine's clock against that of an issuer, as an answer of its tells it (RFC 9110 §6.6.1), to about a second.
 *
 * @param asked,answered when, in milliseconds since the epoch
 */
export function examineClock(
  o: { date: string | null; asked: number; answered: number; toleranceSeconds: number },
  say: Say,
): void {
  const date = Date.parse(o.date ?? '')
  if (Number.isNaN(date)) {
    say('note', 'clock', 'The provider does not say what time it is.')
    return
  }
  const ahead = Math.round(((o.asked + o.answered) / 2 - (date + 500)) / 1000)
  const difference = `${Math.abs(ahead)} s ${ahead < 0 ? 'behind' : 'ahead of'} the provider’s`
  const remedy = 'Set this machine’s clock by the network’s time (NTP).'
  const tolerated = `${o.toleranceSeconds} s are tolerated (clockToleranceSeconds).`
  if (Math.abs(ahead) > o.toleranceSeconds)
    say('fault', 'clock', `This machine’s clock is ${difference}; ${tolerated}`, remedy)
  else if (Math.abs(ahead) > 5)
    say('warning', 'clock', `This machine’s clock is ${difference}; ${tolerated}`, remedy)
  else say('ok', 'clock', 'This machine’s clock and the provider’s agree.')
}
