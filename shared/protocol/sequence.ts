import { JetwayError } from '../errors/jetway-error.ts'
import { type Message, protocolError } from './message.ts'
import { longMessageBytes, shortMessageBytes } from './message-memory.ts'
import { leastBulkBytes, Path } from './path.ts'
import { ReplayBuffer } from './replay-buffer.ts'

/** Acknowledge at the latest after so many bytes, or so much time: no more than what bulk begins with ({@link Path}). */
const ackEveryBytes = leastBulkBytes
const ackEveryMs = 20
/** Sent and not acknowledged; at this much nothing new goes out. What is kept for a resume is never more. */
export const maxUnackedBytes = 8_388_608
/** From here on it is worth something to save a round trip. */
const farMs = 10

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
  #sample: { readonly offset: number; readonly sentAt: number; readonly acknowledged: number } | null = null
  /** Of the present carrier. */
  #path = new Path()

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

  /** As of {@link Path}. */
  get roundTripMs(): number {
    return this.#path.roundTripMs
  }

  /** How long a message may be. */
  get messageBytes(): number {
    return this.#path.roundTripMs < farMs ? longMessageBytes : shortMessageBytes
  }

  /** Whether something new may be sent. */
  get hasRoom(): boolean {
    return this.#replay.bytes < maxUnackedBytes
  }

  /** Whether bulk may be sent, or has to leave the path to what is urgent. */
  get hasRoomForBulk(): boolean {
    return this.#replay.bytes < this.#path.bulkLimitBytes(this.#now())
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
    this.#sample ??= { offset: end, sentAt: this.#now(), acknowledged: this.#replay.acknowledged }
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

  /**
   * @param isBusy whether bulk waits to be sent
   * @throws PROTOCOL_ERROR when that was never sent
   */
  acknowledged(offset: number, isBusy: boolean): void {
    if (!this.#replay.acknowledge(offset)) throw protocolError('acknowledged what was not sent')
    if (this.#sample === null || offset < this.#sample.offset) return
    const now = this.#now()
    this.#path.sampled(now, now - this.#sample.sentAt, offset - this.#sample.acknowledged, isBusy)
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
    this.#path = new Path()
    this.#owedSince = null
    this.#ackSentBytes = this.#receivedBytes
  }

  clear(): void {
    this.#replay.clear()
    this.#owedSince = null
  }
}
