import type { PolicyConditions } from '#shared/config/policy-conditions.ts'
import { distinctBy } from './distinct.ts'
import { clockOf } from './zone-clock.ts'

const minuteMs = 60_000
const dayMs = 86_400_000

/**
 * Instants from `now` on that stand for all that the conditions tell apart. Between two of these none changes: now, every
 * end of a grant, and from each of them every time of day and, where days of the week count, every day at which a condition
 * begins or ends. Of those at which the same holds the first is taken.
 *
 * @param ends milliseconds since the epoch
 */
export function sampleTimes(
  now: number,
  ends: readonly number[],
  conditions: readonly PolicyConditions[],
): number[] {
  const starts = [now, ...ends.filter((end) => end > now)]
  const times = starts.flatMap((start) => [
    start,
    ...conditions.flatMap(({ hours, weekdays, timezone }) => {
      const minutes = [...(hours?.split('-').map(minuteOfDay) ?? []), ...(weekdays ? [0] : [])]
      const days = weekdays ? 8 : minutes.length === 0 ? 0 : 2
      return minutes.flatMap((minute) =>
        Array.from({ length: days }, (_, day) => timeOfDay(start, day, minute, timezone)).filter(
          (time) => time >= start,
        ),
      )
    }),
  ])
  return distinctBy(
    times.sort((a, b) => a - b),
    (time) => [
      ...ends.map((end) => time < end),
      ...conditions.flatMap((condition) => clockHolds(condition, time)),
    ],
  )
}

function clockHolds({ hours, weekdays, timezone }: PolicyConditions, time: number): boolean[] {
  if (hours === null && weekdays === null) return []
  const { minuteOfDay: minute, weekday } = clockOf(timezone, time)
  const [start = 0, end = 0] = hours?.split('-').map(minuteOfDay) ?? []
  const isIn = start < end ? minute >= start && minute < end : minute >= start || minute < end
  return [hours === null || isIn, weekdays === null || weekdays.some((day) => day === weekday)]
}

/** When clocks of a zone show a minute of the day, so many days after `start`. */
function timeOfDay(start: number, day: number, minute: number, zone: string): number {
  const midnight = Math.floor(start / minuteMs) * minuteMs - clockOf(zone, start).minuteOfDay * minuteMs
  const time = midnight + day * dayMs + minute * minuteMs
  // Where clocks were changed in between
  const off = clockOf(zone, time).minuteOfDay - (minute % 1440)
  const shift = off > 720 ? off - 1440 : off < -720 ? off + 1440 : off
  return time - shift * minuteMs
}

/** `24:00` is the next day's 00:00. */
function minuteOfDay(time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  return hour * 60 + minute
}
