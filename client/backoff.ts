const firstMs = 500
const mostMs = 30_000

/**
 * How long to wait before attempt `attempt` (from 0), in milliseconds: exponential with full jitter, so that the
 * clients of a relay that restarts do not all come at once.
 *
 * @param random in [0, 1)
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  return Math.round(random() * Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 16)))
}
