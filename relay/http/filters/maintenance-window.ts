import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { filterKind } from './filter.ts'

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
type Weekday = (typeof weekdays)[number]
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:MM')
const minutesADay = 1440

/**
 * Refuses requests at fixed times of the week. A window that ends before it begins ends on the next day; `weekdays`
 * are those on which it begins.
 *
 * @throws MAINTENANCE (a retry helps after the Retry-After)
 */
export const maintenanceWindow = filterKind(
  'maintenance-window',
  'Refuses requests at fixed times of the week.',
  {
    from: time.describe('When it begins, HH:MM.'),
    to: time.describe('When it ends, HH:MM; on the next day where that is not after `from`.'),
    timezone: z
      .string()
      .refine(isTimezone, 'no time zone such as Europe/Berlin')
      .default('UTC')
      .describe('Where these times are read on the clock.'),
    weekdays: z
      .array(z.enum(weekdays))
      .min(1)
      .default([...weekdays])
      .describe('The days on which it begins.'),
    refuses: z
      .enum(['changes', 'everything'])
      .default('changes')
      .describe('What is refused: what changes state, or all.'),
    reason: z.string().min(1).max(200).default('It is being worked on.').describe('Said to a person: why.'),
  },
  (o, { contact, now }) => {
    const window = { from: minuteOf(o.from), to: minuteOf(o.to), weekdays: new Set(o.weekdays) }
    const clock = localClock(o.timezone)
    let known = { minute: Number.NaN, left: 0 }
    return (next) => (exchange) => {
      if (o.refuses === 'changes' && exchange.resolved?.operation.changes === false) return next(exchange)
      const minute = Math.floor(now() / 60_000)
      // Calendars are slow; a window opens and closes on the minute.
      if (known.minute !== minute) known = { minute, left: minutesLeft(window, clock(now())) }
      if (known.left === 0) return next(exchange)
      throw new JetwayError('MAINTENANCE', {
        until: `${o.to} (${o.timezone})`,
        reason: o.reason,
        contact,
        retryAfterSeconds: known.left * 60 - (Math.floor(now() / 1000) % 60),
      })
    }
  },
)

interface LocalTime {
  readonly weekday: Weekday
  /** Of the day. */
  readonly minute: number
}

/** Minutes until the window that is open now ends; 0 while none is. */
function minutesLeft(
  { from, to, weekdays: days }: { from: number; to: number; weekdays: ReadonlySet<Weekday> },
  { weekday, minute }: LocalTime,
): number {
  const yesterday = weekdays[(weekdays.indexOf(weekday) + 6) % 7] as Weekday
  if (from < to) return days.has(weekday) && minute >= from && minute < to ? to - minute : 0
  if (days.has(weekday) && minute >= from) return minutesADay - minute + to
  return days.has(yesterday) && minute < to ? to - minute : 0
}

function localClock(timeZone: string): (now: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  return (now) => {
    const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]))
    return {
      weekday: parts.get('weekday')?.toLowerCase() as Weekday,
      minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
    }
  }
}

function minuteOf(text: string): number {
  const [hours, minutes] = text.split(':').map(Number) as [number, number]
  return hours * 60 + minutes
}

function isTimezone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone })
    return true
  } catch {
    return false
  }
}
