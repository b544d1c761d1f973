import type { WindowPool } from './window-pool.ts'

/** No stream's window grows past this. */
export const maxWindowBytes = 8_388_608
/** On a short path the round trip is lost in the noise of scheduling; a window covers at least so much time. */
const shortestMs = 2

/**
 * How much of one stream this side takes, as absolute offsets. Credit is given for what the consumer has passed on,
 * and the window doubles while half of it is consumed within two round trips: so it grows to what path and consumer
 * carry, and no stream that is slow takes memory from one that is fast.
 */
export class ReceiveWindow {
  readonly #pool: WindowPool
  readonly #firstBytes: number
  #bytes: number
  #borrowedBytes = 0
  #limit: number
  #receivedBytes = 0
  #consumedBytes = 0
  #grantedAt: number
  #ended = false

  constructor(pool: WindowPool, firstBytes: number) {
    this.#pool = pool
    this.#firstBytes = firstBytes
    this.#bytes = firstBytes
    this.#limit = firstBytes
    this.#grantedAt = pool.now()
  }

  /** @returns false when the peer sends more than it was granted */
  receive(bytes: number): boolean {
    if (this.#receivedBytes + bytes > this.#limit) return false
    this.#receivedBytes += bytes
    return true
  }

  /** @returns true when enough was consumed that the peer should hear of it */
  consume(bytes: number): boolean {
    this.#consumedBytes += bytes
    if (this.#ended) this.#keepForUnconsumed()
    return this.#consumedBytes + this.#bytes - this.#limit >= this.#bytes / 2
  }

  /** The offset to put into a WINDOW now. */
  grant(): number {
    const now = this.#pool.now()
    if (now - this.#grantedAt < 2 * Math.max(this.#pool.roundTripMs, shortestMs)) this.#grow()
    this.#grantedAt = now
    this.#limit = this.#consumedBytes + this.#bytes
    return this.#limit
  }

  /** Nothing more is received: what it borrowed is for others, as far as nothing lies there to be consumed. */
  end(): void {
    this.#ended = true
    this.#keepForUnconsumed()
  }

  /** The stream is over: what it borrowed is for others. */
  close(): void {
    this.#pool.give(this.#borrowedBytes)
    this.#borrowedBytes = 0
  }

  #keepForUnconsumed(): void {
    const beyondFirst = this.#receivedBytes - this.#consumedBytes - this.#firstBytes
    const kept = Math.min(this.#borrowedBytes, Math.max(0, beyondFirst))
    this.#pool.give(this.#borrowedBytes - kept)
    this.#borrowedBytes = kept
  }

  #grow(): void {
    const wanted = Math.min(this.#bytes, maxWindowBytes - this.#bytes)
    if (wanted <= 0) return
    const taken = this.#pool.take(wanted)
    this.#borrowedBytes += taken
    this.#bytes += taken
  }
}
