import type { ErrorCode } from '../errors/table.ts'
import { ByteQueue } from './byte-queue.ts'
import type { ReceiveWindow } from './receive-window.ts'

/** What a stream tells its owner. Each is called at most once per event and never from inside a call of the owner's. */
export interface StreamListener {
  /** A view into a message; the owner calls {@link Stream.consumed} when it has passed the bytes on. */
  onData(data: Uint8Array): void
  /** The peer sends nothing more; this side may go on. */
  onEnd(): void
  /** There is room again after {@link Stream.write} answered false. */
  onDrain(): void
  /** The stream is over in both directions; nothing of it is called any more. */
  onReset(code: ErrorCode): void
}

/** What a stream needs of its session. */
export interface StreamHost {
  /** The stream has something to send. */
  ready(stream: Stream): void
  /** The stream wants to tell the peer how much more it takes. */
  grant(stream: Stream): void
  /** The stream was reset from this side. */
  abort(stream: Stream, code: ErrorCode): void
  /** The stream's FIN has left, or the peer's has come. */
  finished(stream: Stream): void
  /** Milliseconds on a clock that never goes back. */
  now(): number
  /** Bytes that all streams of the session hold and have not put into a message. */
  queuedBytes: number
}

/** Above this, {@link Stream.write} asks its caller to wait: enough that the carrier never waits for the caller. */
const highWaterBytes = 262_144
/** When the streams of a session hold so much together, each has to do with less. */
const scarceAtBytes = 4_194_304
const scarceHighWaterBytes = 16_384

/**
 * A stream that has sent so much more than it may send in passing is bulk: others go first. What it sent is forgotten at
 * a rate, so that it is bulk no more half a second after its last byte at the latest.
 */
const bulkAfterBytes = 32_768
const passingBytesPerMs = 256
const mostBurstBytes = bulkAfterBytes + 500 * passingBytesPerMs

/**
 * One connection inside a session: an ordered byte stream in each direction, closed independently (half-close),
 * with a window by absolute offset (a lost or doubled WINDOW does no harm).
 */
export class Stream {
  readonly id: number
  readonly service: string
  listener: StreamListener = silent

  /** Not yet handed to a message. */
  readonly output = new ByteQueue()
  /** OPEN has been sent, or was received. */
  opened: boolean
  finQueued = false
  finSent = false
  finReceived = false
  isReset = false
  /** In the session's ring of streams that may send. */
  queued = false

  #sentBytes = 0
  #sendLimit: number
  readonly #window: ReceiveWindow
  #needsDrain = false
  /** Sent and not forgotten, as of a time. */
  #burstBytes = 0
  #burstAt = 0
  #lastCode: ErrorCode | null = null
  readonly #host: StreamHost

  /**
   * @param sendWindowBytes what the peer takes before it has granted more
   * @param window what this side takes
   */
  constructor(
    host: StreamHost,
    id: number,
    service: string,
    options: { opened: boolean; sendWindowBytes: number; window: ReceiveWindow },
  ) {
    this.#host = host
    this.id = id
    this.service = service
    this.opened = options.opened
    this.#sendLimit = options.sendWindowBytes
    this.#window = options.window
  }

  /**
   * Queues `data`, which the stream keeps a reference to.
   *
   * @returns false when the caller should wait for `onDrain`
   */
  write(data: Uint8Array): boolean {
    if (this.isReset || this.finQueued) return false
    if (data.length > 0) {
      this.output.push(data)
      this.#host.queuedBytes += data.length
      this.#host.ready(this)
    }
    if (this.output.bytes < this.#highWaterBytes) return true
    this.#needsDrain = true
    return false
  }

  /** Nothing more will be written. What was written before still goes out. */
  end(): void {
    if (this.isReset || this.finQueued) return
    this.finQueued = true
    this.#host.ready(this)
  }

  /** Ends the stream in both directions and drops what is queued. */
  reset(code: ErrorCode): void {
    if (this.isReset) return
    this.#clear()
    this.#host.abort(this, code)
  }

  /** Resets the stream as soon as what was written has left, the end included where it was written. */
  resetWhenSent(code: ErrorCode): void {
    this.#lastCode = code
    this.#resetIfSent()
  }

  /** The owner has passed on `bytes` more of what it was given: the peer may send as many again. */
  consumed(bytes: number): void {
    if (this.#window.consume(bytes) && !this.isReset && !this.finReceived) this.#host.grant(this)
  }

  /** How many bytes may go out now. */
  get sendableBytes(): number {
    return Math.min(this.output.bytes, this.#sendLimit - this.#sentBytes)
  }

  /** Whether a frame of this stream can go out now. */
  get canSend(): boolean {
    return (
      !this.isReset &&
      !this.finSent &&
      (!this.opened || this.sendableBytes > 0 || (this.finQueued && this.output.bytes === 0))
    )
  }

  get isBulk(): boolean {
    return this.#burst(this.#host.now()) >= bulkAfterBytes
  }

  /** One direction has ended and the other has not. */
  get isHalfClosed(): boolean {
    return !this.isReset && this.finSent !== this.finReceived
  }

  /** Both directions have ended. */
  get isDone(): boolean {
    return this.isReset || (this.finSent && this.finReceived)
  }

  // What follows is the session's side.

  /** A frame with `bytes` of data has been put into a message. */
  sent(bytes: number, fin: boolean): void {
    this.opened = true
    this.#sentBytes += bytes
    this.#host.queuedBytes -= bytes
    const now = this.#host.now()
    this.#burstBytes = Math.min(mostBurstBytes, this.#burst(now) + bytes)
    this.#burstAt = now
    if (!fin) return
    this.finSent = true
    if (this.finReceived) this.#window.close()
    this.#host.finished(this)
  }

  /** Tells the owner that there is room again, where it waits for that. */
  drained(): void {
    this.#resetIfSent()
    const isLow = this.output.bytes <= this.#highWaterBytes / 2
    if (this.#needsDrain && isLow && !this.finQueued && !this.isReset) {
      this.#needsDrain = false
      this.listener.onDrain()
    }
  }

  #resetIfSent(): void {
    const isSent = this.output.bytes === 0 && (this.finSent || !this.finQueued)
    if (this.#lastCode !== null && isSent) this.reset(this.#lastCode)
  }

  /** @returns false when the peer sent more than it was granted, or after its FIN */
  receive(data: Uint8Array, fin: boolean): boolean {
    if (this.finReceived || !this.#window.receive(data.length)) return false
    this.finReceived = fin
    if (fin) this.#window.end()
    if (this.isDone) this.#window.close()
    if (data.length > 0) this.listener.onData(data)
    if (fin && !this.isReset) this.listener.onEnd()
    return true
  }

  /** A WINDOW of the peer's. One that is not further than the last is harmless. */
  granted(offset: number): void {
    if (offset <= this.#sendLimit) return
    this.#sendLimit = offset
    if (this.canSend) this.#host.ready(this)
  }

  /** The offset to put into a WINDOW now. */
  nextGrant(): number {
    return this.#window.grant()
  }

  /** The peer, or the end of the session, reset the stream. */
  wasReset(code: ErrorCode): void {
    if (this.isReset) return
    this.#clear()
    this.listener.onReset(code)
  }

  #burst(now: number): number {
    return Math.max(0, this.#burstBytes - (now - this.#burstAt) * passingBytesPerMs)
  }

  get #highWaterBytes(): number {
    return this.#host.queuedBytes < scarceAtBytes ? highWaterBytes : scarceHighWaterBytes
  }

  #clear(): void {
    this.isReset = true
    this.#host.queuedBytes -= this.output.bytes
    this.output.clear()
    this.#window.close()
  }
}

const silent: StreamListener = { onData() {}, onEnd() {}, onDrain() {}, onReset() {} }
