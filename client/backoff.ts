/** A thousand clients that were cut off together come back as 150 in 100 ms; from half a second they were 270. */
const firstMs = 1000
/** Whoever waits for a relay is connected so soon after it is back. */
const mostMs = 15_000

/**
 * How long to wait before attempt `attempt` (from 0), in milliseconds: exponential with full jitter, so that the
 * clients of a relay that restarts do not all come at once. What this does to a thousand is test/simulation/herd.ts's.
 *
 * @param random in [0, 1)
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  return Math.round(random() * Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 16)))
}
