import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import type { Scheduler } from '#shared/protocol/scheduler.ts'
import type { Session } from '#shared/protocol/session.ts'
import { backoffMs } from './backoff.ts'
import { sleep } from './sleep.ts'

export interface CarrierSearchOptions {
  readonly session: Session
  /** How long the relay keeps the session without a carrier, in milliseconds. */
  readonly keepMs: number
  /** One attempt: resolves when the session goes on over another carrier. */
  readonly resume: (signal: AbortSignal) => Promise<void>
  /** An attempt failed while there was no carrier, and another follows. */
  readonly onFailure: (error: JetwayError) => void
  readonly scheduler: Scheduler
  /** In [0, 1). */
  readonly random: () => number
}

/** So that the clients of a relay that cuts all connections do not come back at the same moment. */
const spreadMs = 100

/**
 * The search for another carrier of a session, because the one before is gone or may be. It ends with a carrier, or
 * with the session: when the relay says that it is lost, or no relay keeps it any more.
 */
export class CarrierSearch {
  readonly #options: CarrierSearchOptions
  /** What ends the present search; null when there is none. */
  #search: AbortController | null = null
  #isWaiting = false

  constructor(options: CarrierSearchOptions) {
    this.#options = options
  }

  /** Searches, where nothing does already. */
  begin(): void {
    const { session } = this.#options
    if (this.#search !== null || session.isClosed) return
    const search = new AbortController()
    this.#search = search
    void this.#run(search.signal).finally(() => {
      this.#search = null
      // The search was called off because the carrier lived, and it died since.
      if (!session.isAttached) this.begin()
    })
  }

  /** Calls the search off. While there is no carrier it begins anew. */
  stop(): void {
    this.#search?.abort()
  }

  /**
   * There may be another network: a search that waits for its next attempt begins anew. An attempt that is under way goes
   * on, since it tries new connections beside those that hang, and one of those may be about to succeed.
   */
  hurry(): void {
    if (this.#isWaiting) this.stop()
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { session, keepMs, resume, onFailure, scheduler, random } = this.#options
    let lastError = new JetwayError('SESSION_LOST')
    const cancel = scheduler.after(keepMs, () => {
      if (!session.isAttached) session.close(lastError)
    })
    signal.addEventListener('abort', cancel)
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const waitMs = attempt === 0 ? random() * spreadMs : backoffMs(attempt - 1, random)
      this.#isWaiting = true
      await sleep(waitMs, signal, scheduler)
      this.#isWaiting = false
      if (signal.aborted) return
      try {
        await resume(signal)
        cancel()
        return
      } catch (thrown) {
        const error = asJetwayError(thrown)
        if (signal.aborted) return
        lastError = error
        // What the relay says of this session is final; of the network nothing is.
        if (error.code === 'SESSION_LOST' || !error.entry.retry) {
          session.close(error)
          return
        }
        if (!session.isAttached) onFailure(error)
      }
    }
  }
}
