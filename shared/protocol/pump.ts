import type { Session } from './session.ts'

/** An ordered transport of whole messages that may break. It knows nothing of streams. */
export interface Carrier {
  /** Bytes handed over that have not left yet. */
  readonly bufferedBytes: number
  /** `sent` is called when the message has left, or never when the carrier broke. */
  send(message: Uint8Array, sent: () => void): void
}

/** Above this the carrier is left to drain, so that what is urgent never waits behind more than this. */
const maxBufferedBytes = 524_288

/**
 * Moves messages from a session to a carrier: everything that was written in one turn of the event loop leaves
 * together, and no more than the carrier can soon get rid of.
 */
export class Pump {
  readonly #session: Session
  readonly #carrier: Carrier
  readonly #defer: (callback: () => void) => void
  #scheduled = false

  /** @param defer runs a callback after the events of this turn, e.g. `setImmediate` */
  constructor(session: Session, carrier: Carrier, defer: (callback: () => void) => void) {
    this.#session = session
    this.#carrier = carrier
    this.#defer = defer
  }

  /** There may be something to send. */
  wake(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#defer(this.#run)
  }

  readonly #run = (): void => {
    this.#scheduled = false
    this.flush()
  }

  #sent(message: Uint8Array): void {
    this.#session.release(message)
    if (this.#carrier.bufferedBytes < maxBufferedBytes / 2) this.wake()
  }

  /** Sends what can be sent now. */
  flush(): void {
    while (this.#carrier.bufferedBytes < maxBufferedBytes) {
      const message = this.#session.take()
      if (message === null) return
      this.#carrier.send(message, () => this.#sent(message))
    }
  }
}
