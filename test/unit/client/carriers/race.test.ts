import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { race } from '../../../../client/carriers/race.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/**
 * Attempts on a network that swallows everything up to a moment, and takes some time for each that begins later.
 *
 * @returns after how many milliseconds one succeeded, and how many there were at once
 */
async function raced(network: { backAfterMs: number; takesMs: number }) {
  const startedAt = Date.now()
  let running = 0
  let most = 0
  const attempt = (signal: AbortSignal) =>
    new Promise<number>((resolve, reject) => {
      running += 1
      most = Math.max(most, running)
      signal.addEventListener('abort', () => {
        running -= 1
        reject(signal.reason)
      })
      if (Date.now() - startedAt < network.backAfterMs) return
      setTimeout(() => resolve(Date.now() - startedAt), network.takesMs)
    })
  const won = race(attempt, { everyMs: 200, signal: AbortSignal.any([]), discard: () => {} })
  await vi.advanceTimersByTimeAsync(60_000)
  return { ms: await won, most }
}

test('a connection that takes seconds is not given up for others', async () => {
  expect(await raced({ backAfterMs: 0, takesMs: 5000 })).toMatchObject({ ms: 5000 })
})

test('soon after the network is back there is a connection', async () => {
  expect(await raced({ backAfterMs: 10_100, takesMs: 300 })).toMatchObject({ ms: 10_500 })
})

test('also where each takes seconds', async () => {
  const { ms } = await raced({ backAfterMs: 10_100, takesMs: 3000 })
  expect(ms).toBeLessThanOrEqual(10_100 + 3000 + 800)
})

test('there are never many at once', async () => {
  const { most } = await raced({ backAfterMs: 30_000, takesMs: 300 })
  expect(most).toBeLessThanOrEqual(16)
})
