import { asJetwayError, type JetwayError } from '#shared/errors/jetway-error.ts'
import type { Scheduler } from '#shared/protocol/scheduler.ts'
import { backoffMs } from '../backoff.ts'
import { sleep } from '../sleep.ts'

/**
 * Opens what was lost again: waits, tries, and waits longer each time, until it succeeds, the signal aborts, or the
 * reason for a failure is one that trying again cannot mend.
 *
 * @returns whether it succeeded
 */
export async function reopen(o: {
  open: () => Promise<void>
  /** Before each attempt; `hurry` cuts that wait short. */
  onWait: (hurry: () => void) => void
  onFailure: (error: JetwayError) => void
  signal: AbortSignal
  scheduler: Scheduler
  /** In [0, 1). */
  random: () => number
}): Promise<boolean> {
  const { signal, scheduler, random } = o
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const hurry = new AbortController()
    o.onWait(() => hurry.abort())
    await sleep(backoffMs(attempt, random), AbortSignal.any([signal, hurry.signal]), scheduler)
    if (signal.aborted) return false
    try {
      await o.open()
      return true
    } catch (thrown) {
      const error = asJetwayError(thrown)
      o.onFailure(error)
      if (!error.entry.retry) return false
    }
  }
  return false
}
