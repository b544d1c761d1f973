import type { Scheduler } from '#shared/protocol/scheduler.ts'
import { scheduler as real } from './scheduler.ts'

/** Waits so long, or until the signal aborts; never rejects. */
export function sleep(ms: number, signal: AbortSignal, scheduler: Scheduler = real): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const cancel = scheduler.after(ms, done)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}
