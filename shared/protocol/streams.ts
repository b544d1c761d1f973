import { errorCodeOfWire, JetwayError } from '../errors/jetway-error.ts'
import type { ErrorCode } from '../errors/table.ts'
import type { Frame } from './frame.ts'
import type { Limits } from './handshake.ts'
import { protocolError } from './message.ts'
import type { Outbox } from './outbox.ts'
import { ReceiveWindow } from './receive-window.ts'
import { Stream, type StreamHost } from './stream.ts'
import { TokenBucket } from './token-bucket.ts'
import type { WindowPool } from './window-pool.ts'
import { frameType, maxStreamId } from './wire.ts'

/** What the owner of a session is told of its streams. */
export interface StreamsListener {
  /** The peer opened a stream. Set its listener before returning: its first data come right after. */
  onStream(stream: Stream): void
  /** The last stream has ended. */
  onIdle?(): void
}

export interface StreamsOptions {
  readonly side: 'client' | 'relay'
  readonly listener: StreamsListener
  /** What this side announced, and what the peer did. */
  readonly local: Limits
  readonly remote: Limits
  readonly outbox: Outbox
  readonly windows: WindowPool
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number
}

type StreamFrame = Exclude<Frame, { type: typeof frameType.GOAWAY }>
type OpenFrame = Extract<Frame, { type: typeof frameType.OPEN }>

/** A stream that has ended in one direction, and in which nothing moves for so long, is given up. */
export const halfClosedMs = 300_000

/** The streams of a session: which there are, which may be opened, and when they are over. */
export class Streams implements StreamHost {
  queuedBytes = 0
  readonly now: () => number
  readonly #listener: StreamsListener
  readonly #local: Limits
  readonly #remote: Limits
  readonly #outbox: Outbox
  readonly #windows: WindowPool
  /** How fast the peer may open streams. */
  readonly #peerOpens: TokenBucket
  /** A client's ids are odd, a relay's are even. */
  readonly #peerParity: 0 | 1

  readonly #streams = new Map<number, Stream>()
  /** Streams that have ended in one direction, with when something moved in them last. */
  readonly #halfClosed = new Map<Stream, number>()
  #nextId: number
  #lastPeerId = 0
  #goAwaySent = false
  #goAwayReceived = false

  constructor(options: StreamsOptions) {
    this.now = options.now
    this.#listener = options.listener
    this.#local = options.local
    this.#remote = options.remote
    this.#outbox = options.outbox
    this.#windows = options.windows
    // A carrier that stalled brings at once what was opened over a longer time.
    this.#peerOpens = new TokenBucket(options.local.opensPerSecond, options.now(), options.local.streams)
    this.#peerParity = options.side === 'client' ? 0 : 1
    this.#nextId = options.side === 'client' ? 1 : 2
  }

  get count(): number {
    return this.#streams.size
  }

  /**
   * Opens a stream to a service.
   *
   * @throws TOO_MANY_STREAMS at the limit of either side
   * @throws DRAINING when the peer sent GOAWAY or the ids are used up
   */
  open(service: string): Stream {
    if (this.#goAwayReceived || this.#nextId > maxStreamId) throw new JetwayError('DRAINING')
    const limit = Math.min(this.#local.streams, this.#remote.streams)
    if (this.#streams.size >= limit) throw new JetwayError('TOO_MANY_STREAMS', { limit })
    const stream = this.#create(this.#nextId, service, false)
    this.#nextId += 2
    this.ready(stream)
    return stream
  }

  /**
   * Takes in one frame.
   *
   * @throws PROTOCOL_ERROR when the id is not one that the frame may have
   * @throws FLOW_CONTROL when it brings more than was granted
   */
  receive(frame: StreamFrame): void {
    if (frame.type === frameType.OPEN) {
      this.#opened(frame)
      return
    }
    const stream = this.#streams.get(frame.streamId)
    if (!stream) {
      // Frames cross: a stream that is over here may still be open for the peer. One that never was is an error.
      if (this.#wasOpen(frame.streamId)) return
      throw protocolError('frame for a stream that was never opened')
    }
    if (stream.isHalfClosed) this.#halfClosed.set(stream, this.now())
    switch (frame.type) {
      case frameType.DATA:
        this.#receiveData(stream, frame.data, frame.fin)
        return
      case frameType.WINDOW:
        stream.granted(frame.offset)
        return
      case frameType.RST:
        stream.wasReset(errorCodeOfWire(frame.code))
        this.#forget(stream)
    }
  }

  /** Takes no new streams of the peer; those that are open may finish within `deadlineMs`. */
  goAway(code: ErrorCode, deadlineMs: number): void {
    if (this.#goAwaySent) return
    this.#goAwaySent = true
    this.#outbox.goAway(this.#lastPeerId, code, deadlineMs)
  }

  /** The peer takes no new streams. */
  peerGoesAway(): void {
    this.#goAwayReceived = true
  }

  /** To be called about once a second. */
  giveUpHalfClosed(): void {
    const now = this.now()
    for (const [stream, movedAt] of this.#halfClosed) {
      if (now - movedAt < halfClosedMs) continue
      this.abort(stream, 'STREAM_RESET')
      stream.wasReset('STREAM_RESET')
    }
  }

  /** Resets all streams; the outbox is closed already. */
  close(code: ErrorCode): void {
    for (const stream of this.#streams.values()) stream.wasReset(code)
    this.#streams.clear()
    this.#halfClosed.clear()
  }

  ready(stream: Stream): void {
    this.#outbox.ready(stream)
  }

  grant(stream: Stream): void {
    this.#outbox.grant(stream)
  }

  abort(stream: Stream, code: ErrorCode): void {
    this.#forget(stream)
    if (stream.opened) this.#outbox.reset(stream.id, code)
  }

  finished(stream: Stream): void {
    if (stream.isDone) this.#forget(stream)
    else this.#halfClosed.set(stream, this.now())
  }

  #opened({ streamId, service, data, fin }: OpenFrame): void {
    if (!this.#isPeers(streamId) || streamId <= this.#lastPeerId) throw protocolError('wrong stream id')
    this.#lastPeerId = streamId
    const refusal = this.#refusal()
    if (refusal !== null) {
      this.#outbox.reset(streamId, refusal)
      return
    }
    const stream = this.#create(streamId, service, true)
    this.#listener.onStream(stream)
    if (!stream.isReset && (data.length > 0 || fin)) this.#receiveData(stream, data, fin)
  }

  /** Why the peer may not open a stream now. */
  #refusal(): ErrorCode | null {
    if (this.#goAwaySent) return 'DRAINING'
    if (this.#streams.size >= this.#local.streams) return 'TOO_MANY_STREAMS'
    return this.#peerOpens.take(this.now()) ? null : 'OVERLOADED'
  }

  #create(id: number, service: string, opened: boolean): Stream {
    const stream = new Stream(this, id, service, {
      opened,
      sendWindowBytes: this.#remote.windowBytes,
      window: new ReceiveWindow(this.#windows, this.#local.windowBytes),
    })
    this.#streams.set(id, stream)
    return stream
  }

  #receiveData(stream: Stream, data: Uint8Array, fin: boolean): void {
    if (!stream.receive(data, fin)) throw new JetwayError('FLOW_CONTROL')
    if (fin) this.finished(stream)
  }

  #forget(stream: Stream): void {
    this.#halfClosed.delete(stream)
    if (this.#streams.delete(stream.id) && this.#streams.size === 0) this.#listener.onIdle?.()
  }

  #isPeers(streamId: number): boolean {
    return streamId % 2 === this.#peerParity
  }

  #wasOpen(streamId: number): boolean {
    return this.#isPeers(streamId) ? streamId <= this.#lastPeerId : streamId < this.#nextId
  }
}
