import type { Scheduler } from './scheduler.ts'
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
 * Moves messages from a session to one carrier: everything that was written in one turn of the event loop leaves
 * together, and no more than the carrier can soon get rid of.
 */
export class Pump {
  readonly #session: Session
  readonly #carrier: Carrier
  readonly #scheduler: Scheduler
  #scheduled = false
  #cancelWake: (() => void) | null = null
  #stopped = false

  constructor(session: Session, carrier: Carrier, scheduler: Scheduler) {
    this.#session = session
    this.#carrier = carrier
    this.#scheduler = scheduler
  }

  /** There may be something to send. */
  wake(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#scheduler.defer(this.#run)
  }

  /** The carrier is gone. */
  stop(): void {
    this.#stopped = true
    this.#cancelWake?.()
  }

  readonly #run = (): void => {
    this.#scheduled = false
    if (this.#stopped) return
    while (this.#carrier.bufferedBytes < maxBufferedBytes) {
      const message = this.#session.take()
      if (message === null) {
        this.#wakeLater()
        return
      }
      this.#carrier.send(message, this.#sent)
    }
  }

  readonly #sent = (): void => {
    if (this.#carrier.bufferedBytes < maxBufferedBytes / 2) this.wake()
  }

  /** One timer at a time; what comes before it takes care of what it was for, or sets another. */
  #wakeLater(): void {
    const { wakeAt } = this.#session
    if (wakeAt === null || this.#cancelWake !== null) return
    this.#cancelWake = this.#scheduler.after(Math.max(1, wakeAt - this.#scheduler.now()), () => {
      this.#cancelWake = null
      this.wake()
    })
  }
}
