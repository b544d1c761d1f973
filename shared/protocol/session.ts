import { errorCodeOfWire, JetwayError } from '../errors/jetway-error.ts'
import { type ErrorCode, errorTable } from '../errors/table.ts'
import { type Frame, parseFrames } from './frame.ts'
import type { Limits } from './handshake.ts'
import { Liveness, type Verdict } from './liveness.ts'
import { encodeMessage, type Message, parseMessage, protocolError } from './message.ts'
import { MessageMemory } from './message-memory.ts'
import { MessageWriter } from './message-writer.ts'
import { ReceiveWindow, type WindowPool } from './receive-window.ts'
import { Ring } from './ring.ts'
import { Sequence } from './sequence.ts'
import { Stream, type StreamHost } from './stream.ts'
import { TokenBucket } from './token-bucket.ts'
import { frameType, maxStreamId, messageType } from './wire.ts'

/** What a session tells its owner. */
export interface SessionListener {
  /** There is something to send: call {@link Session.take} as soon as the carrier has room. */
  onOutput(): void
  /** The peer opened a stream. Set its listener before returning: its first data come right after. */
  onStream(stream: Stream): void
  /** The peer takes no new streams. */
  onGoAway(code: ErrorCode, deadlineMs: number): void
  /** Relay only: the client sent a new access token; answer with {@link Session.authenticated}. */
  onAuth?(accessToken: string): void
  /** Client only: the relay took the new access token. */
  onAuthenticated?(expires: number): void
  /** The last stream has ended. */
  onIdle?(): void
  /** The session is over; its streams have been reset. Called once. */
  onClose(error: JetwayError): void
}

export interface SessionOptions {
  readonly side: 'client' | 'relay'
  readonly listener: SessionListener
  /** What this side announced, and what the peer did. */
  readonly local: Limits
  readonly remote: Limits
  /** What all streams together may take beyond their first windows. */
  readonly windowBudgetBytes: number
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number
  /** Memory for messages, shared between the sessions of a process. */
  readonly memory?: MessageMemory
}

/** A stream that has ended in one direction, and in which nothing moves for so long, is given up. */
export const halfClosedMs = 300_000

/** PONG, RST and WINDOW that wait to be sent. */
const maxWaitingAnswers = 4096

/**
 * One end of a session: streams multiplexed over a sequence of bytes that is numbered from the session's start,
 * whatever carrier brings them. Pure: whole messages in ({@link receive}), whole messages out ({@link take}), the
 * clock injected.
 *
 * It begins without a carrier. {@link attach} gives it one, {@link detach} takes it away; in between streams stay,
 * and what was not acknowledged goes out again over the next one.
 */
export class Session implements StreamHost {
  queuedBytes = 0
  readonly #side: 'client' | 'relay'
  readonly #listener: SessionListener
  readonly #local: Limits
  readonly #remote: Limits
  readonly now: () => number
  readonly #writer: MessageWriter
  readonly #sequence: Sequence
  readonly #windows: WindowPool
  /** How fast streams may be opened: from this side, and from the peer's. */
  readonly #opens: TokenBucket
  readonly #peerOpens: TokenBucket
  #liveness: Liveness

  readonly #streams = new Map<number, Stream>()
  /** Streams that have ended in one direction, with when something moved in them last. */
  readonly #halfClosed = new Map<Stream, number>()
  #nextStreamId: number
  #lastPeerStreamId = 0

  /** Whole unsequenced messages that go out before anything else, on this carrier only. */
  readonly #urgent = new Ring<Uint8Array>()
  #attached = false
  /** Frames came since the peer was asked last: when they stop, that is worth a question. */
  #flowed = false
  #outputWanted = false
  #goAwaySent = false
  #goAwayReceived = false
  #closed = false

  constructor(options: SessionOptions) {
    const { now } = options
    const memory = options.memory ?? new MessageMemory()
    this.#side = options.side
    this.#listener = options.listener
    this.#local = options.local
    this.#remote = options.remote
    this.now = now
    this.#nextStreamId = options.side === 'client' ? 1 : 2
    this.#opens = new TokenBucket(options.remote.opensPerSecond, now())
    // A carrier that stalled brings at once what was opened over a longer time.
    this.#peerOpens = new TokenBucket(options.local.opensPerSecond, now(), options.local.streams)
    this.#writer = new MessageWriter(memory, () => this.#opens.take(now()))
    this.#sequence = new Sequence({ now, release: (message) => memory.release(message) })
    this.#liveness = new Liveness(now())
    this.#windows = windowPool(options.windowBudgetBytes, now, this.#sequence)
  }

  get streamCount(): number {
    return this.#streams.size
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Whether there is a carrier. */
  get isAttached(): boolean {
    return this.#attached
  }

  /** What this side has received of the session: what a new carrier has to be told. */
  get receivedBytes(): number {
    return this.#sequence.receivedBytes
  }

  /** What is kept in case the carrier breaks. */
  get unackedBytes(): number {
    return this.#sequence.unackedBytes
  }

  /** Smoothed round-trip time in milliseconds; null before the first PONG. */
  get roundTripMs(): number | null {
    return this.#liveness.roundTripMs
  }

  /** When {@link take} will have something that it has not now, if nothing else happens; null for never. */
  get wakeAt(): number | null {
    if (!this.#attached) return null
    const ackAt = this.#sequence.ackDueAt
    if (!this.#writer.isOpening) return ackAt
    return Math.min(ackAt ?? Number.POSITIVE_INFINITY, this.#opens.readyAt(this.now()))
  }

  /**
   * Opens a stream to a service. Its OPEN leaves together with the first data written in the same tick.
   *
   * @throws TOO_MANY_STREAMS at the limit of either side (a retry can help)
   * @throws DRAINING when the peer sent GOAWAY or the ids are used up (a retry on a new session can help)
   * @throws CLOSED when the session is over
   */
  open(service: string): Stream {
    if (this.#closed) throw new JetwayError('CLOSED')
    if (this.#goAwayReceived || this.#nextStreamId > maxStreamId) throw new JetwayError('DRAINING')
    const limit = Math.min(this.#local.streams, this.#remote.streams)
    if (this.#streams.size >= limit) throw new JetwayError('TOO_MANY_STREAMS', { limit })
    const stream = this.#createStream(this.#nextStreamId, service, false)
    this.#nextStreamId += 2
    this.ready(stream)
    return stream
  }

  /**
   * A carrier is there, and both sides know what the other has.
   *
   * @param peerReceived what the peer has received of the session; 0 for the first carrier
   * @throws SESSION_LOST when the two ends do not fit together any more
   */
  attach(peerReceived: number): void {
    if (this.#closed) throw new JetwayError('SESSION_LOST')
    this.#sequence.resume(peerReceived)
    this.#urgent.clear()
    this.#liveness = new Liveness(this.now())
    this.#attached = true
    this.#outputWanted = false
    this.#wantOutput()
  }

  /** The carrier is gone. Nothing is lost by that: streams wait. */
  detach(): void {
    this.#attached = false
    this.#urgent.clear()
  }

  /**
   * Takes in one whole message of the carrier. A message that breaks the protocol ends the session.
   */
  receive(bytes: Uint8Array): void {
    if (this.#closed || !this.#attached) return
    this.#liveness.heard(this.now())
    try {
      this.#handle(parseMessage(bytes))
      // An honest peer never makes so many answers wait: it does not read.
      if (this.#urgent.length > maxWaitingAnswers || this.#writer.controlFrames > maxWaitingAnswers) {
        throw new JetwayError('FLOW_CONTROL')
      }
    } catch (error) {
      if (!(error instanceof JetwayError)) throw error
      this.close(error)
    }
  }

  /** The next message for the carrier; null when there is nothing to send now. */
  take(): Uint8Array | null {
    if (this.#closed || !this.#attached) return null
    const message = this.#takeUrgent() ?? this.#sequence.nextAgain() ?? this.#takeNew() ?? this.#takeAck()
    if (message === null) this.#outputWanted = false
    return message
  }

  /**
   * To be called about once a second: sends PING when nothing was heard, and says what to think of the carrier. What
   * follows from that is the owner's.
   */
  tick(): Verdict {
    if (this.#closed) return 'fine'
    this.#giveUpHalfClosed()
    if (!this.#attached) return 'fine'
    const verdict = this.#liveness.check(this.now(), this.#sequence.unackedBytes > 0 || this.#flowed)
    if (verdict === 'ping') {
      this.#flowed = false
      this.#send(encodeMessage(messageType.PING, 0, this.#liveness.pingPayload()))
    }
    return verdict
  }

  /** Asks the peer whether it is there, without waiting for silence: after a sleep, or on another network. */
  probe(): void {
    if (this.#closed || !this.#attached) return
    this.#liveness.ask(this.now())
    this.#send(encodeMessage(messageType.PING, 0, this.#liveness.pingPayload()))
  }

  /** Client: hands over a new access token of the same principal. */
  authenticate(accessToken: string): void {
    this.#send(encodeMessage(messageType.AUTH, 0, new TextEncoder().encode(accessToken)))
  }

  /** Relay: the new token is good until `expires` (seconds since the epoch). */
  authenticated(expires: number): void {
    this.#send(encodeMessage(messageType.AUTH_OK, expires))
  }

  /** Takes no new streams; those that are open may finish within `deadlineMs`. */
  goAway(code: ErrorCode, deadlineMs: number): void {
    if (this.#closed || this.#goAwaySent) return
    this.#goAwaySent = true
    this.#writer.goAway(this.#lastPeerStreamId, errorTable[code].wire, deadlineMs)
    this.#wantOutput()
  }

  /** Ends the session and resets all streams. What was queued is dropped. */
  close(error: JetwayError): void {
    if (this.#closed) return
    this.#closed = true
    this.#attached = false
    for (const stream of this.#streams.values()) stream.wasReset(error.code)
    this.#streams.clear()
    this.#halfClosed.clear()
    this.#writer.clear()
    this.#sequence.clear()
    this.#listener.onClose(error)
  }

  /** @internal */
  ready(stream: Stream): void {
    if (this.#closed) return
    this.#writer.ready(stream)
    this.#wantOutput()
  }

  /** @internal */
  grant(stream: Stream): void {
    if (this.#closed) return
    this.#writer.grant(stream)
    this.#wantOutput()
  }

  /** @internal */
  abort(stream: Stream, code: ErrorCode): void {
    if (this.#closed) return
    this.#forget(stream)
    if (!stream.opened) return
    this.#writer.reset(stream.id, errorTable[code].wire)
    this.#wantOutput()
  }

  /** @internal */
  finished(stream: Stream): void {
    if (stream.isDone) this.#forget(stream)
    else this.#halfClosed.set(stream, this.now())
  }

  #takeUrgent(): Uint8Array | null {
    return this.#urgent.length > 0 ? this.#urgent.shift() : null
  }

  #takeNew(): Uint8Array | null {
    if (!this.#sequence.hasRoom) return null
    const message = this.#writer.take(
      this.#sequence.messageBytes,
      () => this.#sequence.hasRoomForBulk,
      () => this.#sequence.takeAck(),
    )
    if (message) this.#sequence.sent(message, this.#writer.sentBytes)
    return message
  }

  #takeAck(): Uint8Array | null {
    const dueAt = this.#sequence.ackDueAt
    if (dueAt === null || dueAt > this.now()) return null
    return encodeMessage(messageType.ACK, this.#sequence.takeAck() as number)
  }

  #handle(message: Message): void {
    if (message.ack !== null) this.#acknowledged(message.ack)
    switch (message.type) {
      case messageType.FRAMES: {
        const frames = parseFrames(message.payload)
        this.#sequence.received(message)
        this.#flowed = true
        for (const frame of frames) {
          if (this.#closed) return
          this.#handleFrame(frame)
        }
        if (this.#sequence.ackDueAt !== null) this.#wantOutput()
        return
      }
      case messageType.ACK:
        this.#acknowledged(message.seq)
        return
      case messageType.PING:
        this.#send(encodeMessage(messageType.PONG, 0, message.payload))
        return
      case messageType.PONG:
        this.#liveness.pong(message.payload, this.now())
        return
      case messageType.AUTH:
        if (!this.#listener.onAuth) throw protocolError('AUTH at the wrong side')
        this.#listener.onAuth(new TextDecoder().decode(message.payload))
        return
      case messageType.AUTH_OK:
        if (!this.#listener.onAuthenticated) throw protocolError('AUTH_OK at the wrong side')
        this.#listener.onAuthenticated(message.seq)
        return
      default:
        throw protocolError(`message type ${message.type} inside a session`)
    }
  }

  #acknowledged(offset: number): void {
    const wasFull = !this.#sequence.hasRoom
    this.#sequence.acknowledged(offset, this.#writer.hasBulk)
    if (wasFull || this.#writer.hasBulk) this.#wantOutput()
  }

  #handleFrame(frame: Frame): void {
    if (frame.type === frameType.GOAWAY) {
      this.#goAwayReceived = true
      this.#listener.onGoAway(errorCodeOfWire(frame.code), frame.deadlineMs)
      return
    }
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

  #receiveData(stream: Stream, data: Uint8Array, fin: boolean): void {
    if (!stream.receive(data, fin)) throw new JetwayError('FLOW_CONTROL')
    if (fin) this.finished(stream)
  }

  #opened(frame: Extract<Frame, { type: typeof frameType.OPEN }>): void {
    const isPeers = frame.streamId % 2 === (this.#side === 'relay' ? 1 : 0)
    if (!isPeers || frame.streamId <= this.#lastPeerStreamId) throw protocolError('wrong stream id')
    this.#lastPeerStreamId = frame.streamId
    const refusal = this.#refusal()
    if (refusal !== null) {
      this.#writer.reset(frame.streamId, errorTable[refusal].wire)
      this.#wantOutput()
      return
    }
    const stream = this.#createStream(frame.streamId, frame.service, true)
    this.#listener.onStream(stream)
    if (!stream.isReset && (frame.data.length > 0 || frame.fin)) {
      this.#receiveData(stream, frame.data, frame.fin)
    }
  }

  /** Why the peer may not open a stream now. */
  #refusal(): ErrorCode | null {
    if (this.#goAwaySent) return 'DRAINING'
    if (this.#streams.size >= this.#local.streams) return 'TOO_MANY_STREAMS'
    return this.#peerOpens.take(this.now()) ? null : 'OVERLOADED'
  }

  #createStream(id: number, service: string, opened: boolean): Stream {
    const stream = new Stream(this, id, service, {
      opened,
      sendWindowBytes: this.#remote.windowBytes,
      window: new ReceiveWindow(this.#windows, this.#local.windowBytes),
    })
    this.#streams.set(id, stream)
    return stream
  }

  #forget(stream: Stream): void {
    this.#halfClosed.delete(stream)
    if (this.#streams.delete(stream.id) && this.#streams.size === 0) this.#listener.onIdle?.()
  }

  #giveUpHalfClosed(): void {
    const now = this.now()
    for (const [stream, movedAt] of this.#halfClosed) {
      if (now - movedAt < halfClosedMs) continue
      this.abort(stream, 'STREAM_RESET')
      stream.wasReset('STREAM_RESET')
    }
  }

  #wasOpen(streamId: number): boolean {
    const isPeers = streamId % 2 === (this.#side === 'relay' ? 1 : 0)
    return isPeers ? streamId <= this.#lastPeerStreamId : streamId < this.#nextStreamId
  }

  #send(message: Uint8Array): void {
    if (this.#closed || !this.#attached) return
    this.#urgent.push(message)
    this.#wantOutput()
  }

  #wantOutput(): void {
    if (this.#outputWanted || !this.#attached) return
    this.#outputWanted = true
    this.#listener.onOutput()
  }
}

function windowPool(budgetBytes: number, now: () => number, sequence: Sequence): WindowPool {
  let left = budgetBytes
  return {
    now,
    get roundTripMs() {
      return sequence.roundTripMs
    },
    take(bytes) {
      const taken = Math.min(bytes, left)
      left -= taken
      return taken
    },
    give(bytes) {
      left += bytes
    },
  }
}
