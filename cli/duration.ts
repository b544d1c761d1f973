import { JetwayError } from '#shared/errors/jetway-error.ts'

/** @param text such as `90m`, `1h30m`, `2d`. @throws USAGE */
export function secondsOf(text: string): number {
  const [, d, h, m] = /^(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?$/.exec(text) ?? []
  const seconds = (Number(d ?? 0) * 24 + Number(h ?? 0)) * 3600 + Number(m ?? 0) * 60
  if (seconds === 0)
    throw new JetwayError('USAGE', { reason: `--for is a time such as 30m, 1h or 1d; not ${text}.` })
  return seconds
}

/** For people: `1 h 30 min`. */
export function durationText(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const
  return parts.flatMap(([count, unit]) => (count === 0 ? [] : `${count} ${unit}`)).join(' ')
}
