/** What the windows of all streams of a session share. */
export interface WindowPool {
  /** Milliseconds on a clock that never goes back. */
  now(): number
  /** The path's round trip without queues; 0 while it is not known. */
  readonly roundTripMs: number
  /** Takes up to `bytes` from the session's budget. @returns how many there were */
  take(bytes: number): number
  give(bytes: number): void
}

/** @param path tells the round trip as it is at the time */
export function windowPool(
  budgetBytes: number,
  now: () => number,
  path: { readonly roundTripMs: number },
): WindowPool {
  let left = budgetBytes
  return {
    now,
    get roundTripMs() {
      return path.roundTripMs
    },
    take(bytes) {
      const taken = Math.min(bytes, left)
      left -= taken
      return taken
    },
    give(bytes) {
      left += bytes
    },
  }
}
