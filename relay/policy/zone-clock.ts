/** What the clocks of a time zone show. */
export interface ZoneClock {
  /** `2026-12-31` */
  readonly date: string
  readonly weekday: string
  readonly hour: number
  readonly minuteOfDay: number
}

interface Kept {
  readonly format: Intl.DateTimeFormat
  minute: number
  clock: ZoneClock
}

const zones = new Map<string, Kept>()

/**
 * @param zone a name of the IANA time zone database, checked before
 * @param time milliseconds since the epoch
 */
export function clockOf(zone: string, time: number): ZoneClock {
  const minute = Math.floor(time / 60_000)
  const known = zones.get(zone)
  if (known?.minute === minute) return known.clock
  const format = known?.format ?? formatOf(zone)
  const clock = read(format, minute * 60_000)
  zones.set(zone, { format, minute, clock })
  return clock
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
  })
}

function read(format: Intl.DateTimeFormat, time: number): ZoneClock {
  const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]))
  const { year, month, day, weekday, hour, minute } = parts
  return {
    date: `${year}-${month}-${day}`,
    weekday: (weekday as string).toLowerCase(),
    hour: Number(hour),
    minuteOfDay: Number(hour) * 60 + Number(minute),
  }
}
