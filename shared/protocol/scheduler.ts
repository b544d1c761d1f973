/** When things happen: the clock, and what comes later. Tests have one of their own. */
export interface Scheduler {
  /** Milliseconds on a clock that never goes back. */
  now(): number
  /** Runs a callback after the events of this turn of the event loop. */
  defer(callback: () => void): void
  /** @returns cancels it */
  after(ms: number, callback: () => void): () => void
}

/** The real one, of a host that runs `defer`'s callbacks after the events of a turn. */
export function schedulerWith(defer: Scheduler['defer']): Scheduler {
  return {
    now: () => performance.now(),
    defer,
    after(ms, callback) {
      const timer = setTimeout(callback, ms)
      return () => clearTimeout(timer)
    },
  }
}
