import { asJetwayError, type JetwayError } from '#shared/errors/jetway-error.ts'
import type { AccessRequests } from '#shared/ipc/access-requests.ts'
import { AccessRequestsReader } from '#shared/ipc/access-requests-lines.ts'
import { askRelay, type ToRelay } from './ask-relay.ts'
import { backoffMs } from './backoff.ts'
import { sleep } from './sleep.ts'

export interface AccessRequestFeedListener {
  /** All of it, at first and whenever it has changed. */
  onTold(requests: AccessRequests): void
  /** It will not be told, and why; nothing is called after it. */
  onRefused(error: JetwayError): void
}

/**
 * What the relay of one session tells of requests for access, until it is closed. A stream that ends is asked for again,
 * unless the relay says that it makes no difference.
 */
export class AccessRequestFeed {
  readonly #end = new AbortController()

  constructor(relay: ToRelay, listener: AccessRequestFeedListener) {
    void run(relay, listener, this.#end.signal)
  }

  close(): void {
    this.#end.abort()
  }
}

async function run(relay: ToRelay, listener: AccessRequestFeedListener, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      const reader = new AccessRequestsReader()
      for await (const chunk of await askRelay(relay, '/access-requests/feed', signal)) {
        if (signal.aborted) return
        const told = reader.push(chunk).at(-1)
        if (!told) continue
        attempt = 0
        listener.onTold(told)
      }
    } catch (thrown) {
      if (signal.aborted) return
      const error = asJetwayError(thrown, 'STREAM_RESET')
      if (!error.entry.retry) {
        listener.onRefused(error)
        return
      }
    }
    await sleep(backoffMs(attempt), signal)
  }
}
