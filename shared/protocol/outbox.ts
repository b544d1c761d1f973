import { type ErrorCode, errorTable } from '../errors/table.ts'
import { encodeMessage } from './message.ts'
import type { MessageMemory } from './message-memory.ts'
import { MessageWriter } from './message-writer.ts'
import { Ring } from './ring.ts'
import type { Sequence } from './sequence.ts'
import type { Stream } from './stream.ts'
import { TokenBucket } from './token-bucket.ts'
import { messageType } from './wire.ts'

export interface OutboxOptions {
  readonly sequence: Sequence
  readonly memory: MessageMemory
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number
  /** How many streams a second the peer lets this side open. */
  readonly opensPerSecond: number
  /** There is something to take; called again only after {@link Outbox.take} had nothing, or on another carrier. */
  readonly onOutput: () => void
}

/** PONG, RST and WINDOW that wait to be sent. */
const maxWaitingAnswers = 4096

/**
 * What a session has to send, and what of it goes first: messages of this carrier only, then what a former one may have
 * lost, then new frames, and an acknowledgement by itself where nothing else brings it in time.
 */
export class Outbox {
  readonly #sequence: Sequence
  readonly #writer: MessageWriter
  readonly #now: () => number
  readonly #opens: TokenBucket
  readonly #onOutput: () => void
  /** Whole unsequenced messages that go out before anything else, on this carrier only. */
  readonly #urgent = new Ring<Uint8Array>()
  #attached = false
  #outputWanted = false
  #closed = false

  constructor({ sequence, memory, now, opensPerSecond, onOutput }: OutboxOptions) {
    this.#sequence = sequence
    this.#now = now
    this.#opens = new TokenBucket(opensPerSecond, now())
    this.#writer = new MessageWriter(memory, () => this.#opens.take(now()))
    this.#onOutput = onOutput
  }

  /** Whether there is a carrier to take from this for. */
  get isAttached(): boolean {
    return this.#attached
  }

  /** Bytes of the session that have been put into messages. */
  get sentBytes(): number {
    return this.#writer.sentBytes
  }

  /** An honest peer never makes so many answers wait: it does not read. */
  get isFlooded(): boolean {
    return this.#urgent.length > maxWaitingAnswers || this.#writer.controlFrames > maxWaitingAnswers
  }

  /** When {@link take} will have something that it has not now, if nothing else happens; null for never. */
  get wakeAt(): number | null {
    if (!this.#attached) return null
    const ackAt = this.#sequence.ackDueAt
    if (!this.#writer.isOpening) return ackAt
    return Math.min(ackAt ?? Number.POSITIVE_INFINITY, this.#opens.readyAt(this.#now()))
  }

  attach(): void {
    this.#urgent.clear()
    this.#attached = true
    this.#outputWanted = false
    this.wake()
  }

  detach(): void {
    this.#attached = false
    this.#urgent.clear()
  }

  /** Drops what is there, and whatever comes later. */
  close(): void {
    this.#closed = true
    this.detach()
    this.#writer.clear()
  }

  /** The next message for the carrier; null when there is nothing to send now. */
  take(): Uint8Array | null {
    if (!this.#attached) return null
    const message = this.#takeUrgent() ?? this.#sequence.nextAgain() ?? this.#takeNew() ?? this.#takeAck()
    if (message === null) this.#outputWanted = false
    return message
  }

  /** A whole unsequenced message, for the present carrier and no other. */
  sendUrgent(message: Uint8Array): void {
    if (!this.#attached) return
    this.#urgent.push(message)
    this.wake()
  }

  /** The stream has something to send. */
  ready(stream: Stream): void {
    if (this.#closed) return
    this.#writer.ready(stream)
    this.wake()
  }

  /** The stream wants to tell the peer how much more it takes. */
  grant(stream: Stream): void {
    if (this.#closed) return
    this.#writer.grant(stream)
    this.wake()
  }

  reset(streamId: number, code: ErrorCode): void {
    if (this.#closed) return
    this.#writer.reset(streamId, errorTable[code].wire)
    this.wake()
  }

  goAway(lastStreamId: number, code: ErrorCode, deadlineMs: number): void {
    if (this.#closed) return
    this.#writer.goAway(lastStreamId, errorTable[code].wire, deadlineMs)
    this.wake()
  }

  /**
   * The peer has everything up to `offset`.
   *
   * @throws PROTOCOL_ERROR when that was never sent
   */
  acknowledged(offset: number): void {
    const wasFull = !this.#sequence.hasRoom
    this.#sequence.acknowledged(offset, this.#writer.hasBulk)
    if (wasFull || this.#writer.hasBulk) this.wake()
  }

  /** There may be something to take. */
  wake(): void {
    if (this.#outputWanted || !this.#attached) return
    this.#outputWanted = true
    this.#onOutput()
  }

  #takeUrgent(): Uint8Array | null {
    return this.#urgent.length > 0 ? this.#urgent.shift() : null
  }

  #takeNew(): Uint8Array | null {
    if (!this.#sequence.hasRoom) return null
    const message = this.#writer.take(this.#sequence.messageBytes, this.#mayBulk, this.#takeOwedAck)
    if (message) this.#sequence.sent(message, this.#writer.sentBytes)
    return message
  }

  readonly #mayBulk = (): boolean => this.#sequence.hasRoomForBulk

  readonly #takeOwedAck = (): number | null => this.#sequence.takeAck()

  #takeAck(): Uint8Array | null {
    const dueAt = this.#sequence.ackDueAt
    if (dueAt === null || dueAt > this.#now()) return null
    return encodeMessage(messageType.ACK, this.#sequence.takeAck() as number)
  }
}
