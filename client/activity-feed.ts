import { asJetwayError, type JetwayError } from '#shared/errors/jetway-error.ts'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import { type ActivityLine, ActivityReader } from '#shared/ipc/activity-lines.ts'
import { askRelay, type ToRelay } from './ask-relay.ts'
import { backoffMs } from './backoff.ts'
import { sleep } from './sleep.ts'

export interface ActivityFeedListener {
  /** @param lost how many there were before it that the relay did not tell */
  onEntry(entry: ActivityEntry, lost: number): void
  /** Called once: what went through before has been told, or it cannot be told and why. */
  onReady(error: JetwayError | null): void
}

/**
 * What goes through one session, as its relay tells it, until it is closed. A stream that ends is asked for again; what
 * comes a second time then is left out.
 */
export class ActivityFeed {
  readonly #relay: ToRelay
  readonly #listener: ActivityFeedListener
  readonly #end = new AbortController()
  /** Of the last entry that came. */
  #number: number | null = null
  #isReady = false

  constructor(relay: ToRelay, listener: ActivityFeedListener) {
    this.#relay = relay
    this.#listener = listener
    void this.#run(this.#end.signal)
  }

  close(): void {
    this.#end.abort()
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        const reader = new ActivityReader()
        for await (const chunk of await askRelay(this.#relay, '/activity', signal)) {
          if (signal.aborted) return
          attempt = 0
          for (const line of reader.push(chunk)) this.#take(line)
        }
      } catch (thrown) {
        if (signal.aborted) return
        const error = asJetwayError(thrown, 'STREAM_RESET')
        if (!error.entry.retry) {
          this.#ready(error)
          return
        }
      }
      await sleep(backoffMs(attempt), signal)
    }
  }

  #take(line: ActivityLine): void {
    if ('live' in line) this.#ready(null)
    if (!('number' in line)) return
    const { number, entry } = line
    const before = this.#number ?? number - 1
    if (number <= before) return
    this.#number = number
    this.#listener.onEntry(entry, number - before - 1)
  }

  #ready(error: JetwayError | null): void {
    if (this.#isReady) return
    this.#isReady = true
    this.#listener.onReady(error)
  }
}
