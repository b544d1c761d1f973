import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import { clocksOf, readClocks, skewOf } from '../network/clock.ts'
import { type Outcome, ok, problemFound, warning } from './outcome.ts'

/** Whether this machine's clock agrees with those that sign, and check, what it is shown. */
export async function examineClock(
  relayUrl: string,
  document: DiscoveryDocument,
  ca: string | null,
): Promise<Outcome> {
  const readings = await readClocks(clocksOf(document, relayUrl), ca)
  const skew = skewOf(readings)
  if (skew) return problemFound(skew)
  if (readings.length === 0)
    return warning(
      'Nobody said what time it is',
      'Neither the provider nor the relay told its clock.',
      'Check that this machine sets its clock by the network.',
    )
  const seconds = Math.max(...readings.map(({ aheadSeconds }) => Math.abs(aheadSeconds)))
  const whose = readings.map((reading) => reading.whose).join(' and ')
  const within = seconds <= 1 ? 'a second' : `${seconds} seconds`
  return ok(`This machine’s clock agrees with ${whose}, within ${within}`)
}
