import { expect, test } from 'vitest'
import { Path } from '#shared/protocol/path.ts'

const least = 32_768

/** A sender that fills the limit over a path with a rate (bytes a millisecond) and a round trip. */
function flow(path: Path, o: { from: number; ms: number; rate: number; roundTripMs: number }): number {
  let now = o.from
  while (now < o.from + o.ms) {
    const inFlight = path.bulkLimitBytes(now)
    // What the path does not hold waits in its queue.
    const roundTripMs = Math.max(o.roundTripMs, inFlight / o.rate)
    now += roundTripMs
    path.sampled(now, roundTripMs, Math.min(inFlight, o.rate * roundTripMs), true)
  }
  return path.bulkLimitBytes(now)
}

test('the limit grows to what the path holds and a little more, and stays there', () => {
  const path = new Path()
  for (const from of [0, 60_000]) {
    const limit = flow(path, { from, ms: 60_000, rate: 25_000, roundTripMs: 20 })
    expect(limit).toBeGreaterThanOrEqual(25_000 * 20)
    expect(limit).toBeLessThanOrEqual(25_000 * (2 * 20 + 10))
  }
})

test('a long fat path is filled within a dozen round trips', () => {
  expect(flow(new Path(), { from: 0, ms: 12 * 250, rate: 62_500, roundTripMs: 250 })).toBeGreaterThan(
    8_000_000,
  )
})

test('a path that becomes longer, or slower, is learned anew', () => {
  const path = new Path()
  flow(path, { from: 0, ms: 5000, rate: 300_000, roundTripMs: 1 })
  const slower = flow(path, { from: 5000, ms: 30_000, rate: 25_000, roundTripMs: 1 })
  expect(slower).toBeLessThan(1_000_000)
  expect(flow(path, { from: 35_000, ms: 30_000, rate: 25_000, roundTripMs: 100 })).toBeGreaterThan(
    25_000 * 100,
  )
})

test('small answers say nothing of what a path carries', () => {
  const path = new Path()
  const before = flow(path, { from: 0, ms: 5000, rate: 25_000, roundTripMs: 20 })
  for (let now = 5100; now < 5900; now += 20) path.sampled(now, 20, 300, false)
  expect(path.bulkLimitBytes(5900)).toBe(before)
})

test('bulk that never waits is under way all the same', () => {
  const path = new Path()
  const before = flow(path, { from: 0, ms: 5000, rate: 25_000, roundTripMs: 20 })
  for (let now = 5000; now < 9000; now += 20) path.sampled(now, 20, 2 * least, false)
  expect(path.bulkLimitBytes(9000)).toBe(before)
})

test('bulk begins with little, and does so again after a rest', () => {
  const path = new Path()
  expect(path.bulkLimitBytes(0)).toBe(least)
  flow(path, { from: 0, ms: 5000, rate: 25_000, roundTripMs: 20 })
  expect(path.bulkLimitBytes(7000)).toBe(least)
  path.sampled(7020, 20, least, true)
  expect(path.bulkLimitBytes(7020)).toBeLessThan(3 * least)
})

test('a rest is not what lies between two round trips', () => {
  const path = new Path()
  const before = flow(path, { from: 0, ms: 60_000, rate: 1000, roundTripMs: 700 })
  expect(path.bulkLimitBytes(62_000)).toBe(before)
})
