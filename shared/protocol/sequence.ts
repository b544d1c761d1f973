import { JetwayError } from '../errors/jetway-error.ts'
import { type Message, protocolError } from './message.ts'
import { ReplayBuffer } from './replay-buffer.ts'

/** Acknowledge at the latest after so many bytes, or so much time. */
const ackEveryBytes = 65_536
const ackEveryMs = 20
/** Sent and not acknowledged; at this much nothing new goes out. What is kept for a resume is never more. */
export const maxUnackedBytes = 8_388_608

/**
 * The bytes of frames in both directions, numbered from the session's start whatever carriers bring them: what makes
 * every frame arrive once and in order.
 */
export class Sequence {
  readonly #replay: ReplayBuffer
  readonly #now: () => number
  #receivedBytes = 0
  #ackSentBytes = 0
  /** When the oldest bytes came that were not acknowledged. */
  #owedSince: number | null = null
  /** The message whose acknowledgement tells the round trip, one at a time. */
  #sample: { readonly offset: number; readonly sentAt: number } | null = null
  #roundTripMs = 0

  constructor(o: { now: () => number; release: (message: Uint8Array) => void }) {
    this.#now = o.now
    this.#replay = new ReplayBuffer(o.release)
  }

  /** Offset up to which everything was received. */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  get unackedBytes(): number {
    return this.#replay.bytes
  }

  /** From sending to acknowledgement, queues and the peer's delay included, in milliseconds; 0 at first. */
  get roundTripMs(): number {
    return this.#roundTripMs
  }

  /** Whether something new may be sent. */
  get hasRoom(): boolean {
    return this.#replay.bytes < maxUnackedBytes
  }

  /** When an acknowledgement has to leave; null when none is owed. */
  get ackDueAt(): number | null {
    if (this.#owedSince === null) return null
    return this.#receivedBytes - this.#ackSentBytes >= ackEveryBytes
      ? this.#owedSince
      : this.#owedSince + ackEveryMs
  }

  /** The offset to acknowledge now; null when nothing is owed. */
  takeAck(): number | null {
    if (this.#owedSince === null) return null
    this.#owedSince = null
    this.#ackSentBytes = this.#receivedBytes
    return this.#receivedBytes
  }

  /** A message that is sent for the first time; `end` is the offset after it. */
  sent(message: Uint8Array, end: number): void {
    this.#replay.push(message)
    this.#sample ??= { offset: end, sentAt: this.#now() }
  }

  /** The next message that a former carrier may have lost; null when there is none. */
  nextAgain(): Uint8Array | null {
    return this.#replay.next()
  }

  /** @throws PROTOCOL_ERROR when the message does not follow what was received */
  received({ seq, payload }: Message): void {
    if (seq !== this.#receivedBytes) throw protocolError('out of sequence')
    this.#receivedBytes += payload.length
    this.#owedSince ??= this.#now()
  }

  /** @throws PROTOCOL_ERROR when that was never sent */
  acknowledged(offset: number): void {
    if (!this.#replay.acknowledge(offset)) throw protocolError('acknowledged what was not sent')
    if (this.#sample === null || offset < this.#sample.offset) return
    this.#roundTripMs = this.#now() - this.#sample.sentAt
    this.#sample = null
  }

  /**
   * A new carrier: the peer has everything up to `offset`, and the rest is to be sent again. It was told what this
   * side has.
   *
   * @throws SESSION_LOST when the two ends do not fit together any more
   */
  resume(offset: number): void {
    if (offset < this.#replay.acknowledged || !this.#replay.acknowledge(offset)) {
      throw new JetwayError('SESSION_LOST')
    }
    this.#replay.rewind()
    this.#sample = null
    this.#owedSince = null
    this.#ackSentBytes = this.#receivedBytes
  }

  clear(): void {
    this.#replay.clear()
    this.#owedSince = null
  }
}
