import { errorCodeOfWire, JetwayError } from '../errors/jetway-error.ts'
import { type ErrorCode, errorTable } from '../errors/table.ts'
import { type Frame, parseFrames } from './frame.ts'
import type { Limits } from './hello.ts'
import { Liveness } from './liveness.ts'
import { encodeMessage, type Message, parseMessage, protocolError } from './message.ts'
import { MessageWriter } from './message-writer.ts'
import { ReceiveWindow, type WindowPool } from './receive-window.ts'
import { Stream, type StreamHost } from './stream.ts'
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
  /** Memory for messages; the default is zeroed, a host may have a faster one. */
  readonly allocate?: (bytes: number) => Uint8Array
}

/** Acknowledge at the latest after so many bytes. */
const ackEveryBytes = 65_536

/**
 * One end of a session: streams multiplexed over a sequence of bytes that is numbered from the session's
 * start, whatever carrier brings them. Pure: whole messages in ({@link receive}), whole messages out
 * ({@link take}), the clock injected.
 */
export class Session implements StreamHost {
  readonly #side: 'client' | 'relay'
  readonly #listener: SessionListener
  readonly #local: Limits
  readonly #remote: Limits
  readonly #now: () => number
  readonly #writer: MessageWriter
  readonly #liveness: Liveness

  readonly #streams = new Map<number, Stream>()
  #nextStreamId: number
  #lastPeerStreamId = 0

  /** Offsets in the session's sequence, of frame bytes. */
  #receivedBytes = 0
  #ackSentBytes = 0
  #ackReceivedBytes = 0
  /** The message whose acknowledgement tells the round trip, one at a time. */
  #sample: { readonly offset: number; readonly sentAt: number } | null = null
  readonly #pool: WindowPool & { roundTripMs: number }

  /** Whole unsequenced messages that go out before anything else. */
  readonly #urgent: Uint8Array[] = []
  #outputWanted = false
  #goAwaySent = false
  #goAwayReceived = false
  #closed = false

  constructor(options: SessionOptions) {
    this.#side = options.side
    this.#listener = options.listener
    this.#local = options.local
    this.#remote = options.remote
    this.#now = options.now
    this.#nextStreamId = options.side === 'client' ? 1 : 2
    this.#writer = new MessageWriter(options.allocate ?? ((bytes) => new Uint8Array(bytes)))
    this.#liveness = new Liveness(options.now())
    let budget = options.windowBudgetBytes
    this.#pool = {
      now: options.now,
      roundTripMs: 0,
      take(bytes) {
        const taken = Math.min(bytes, budget)
        budget -= taken
        return taken
      },
      give(bytes) {
        budget += bytes
      },
    }
  }

  get streamCount(): number {
    return this.#streams.size
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Smoothed round-trip time in milliseconds; null before the first PONG. */
  get roundTripMs(): number | null {
    return this.#liveness.roundTripMs
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
   * Takes in one whole message of the carrier. A message that breaks the protocol ends the session.
   */
  receive(bytes: Uint8Array): void {
    if (this.#closed) return
    this.#liveness.heard(this.#now())
    try {
      this.#handle(parseMessage(bytes))
    } catch (error) {
      if (!(error instanceof JetwayError)) throw error
      this.close(error)
    }
  }

  /** The next message for the carrier; null when there is nothing to send now. */
  take(): Uint8Array | null {
    const urgent = this.#urgent.shift()
    if (urgent) return urgent
    if (this.#closed) return null
    const ackDue = this.#receivedBytes > this.#ackSentBytes
    const message = this.#writer.take(ackDue ? this.#receivedBytes : null)
    if (message) {
      if (ackDue) this.#ackSentBytes = this.#receivedBytes
      this.#sample ??= { offset: this.#writer.sentBytes, sentAt: this.#now() }
      return message
    }
    if (this.#receivedBytes - this.#ackSentBytes >= ackEveryBytes) {
      this.#ackSentBytes = this.#receivedBytes
      return encodeMessage(messageType.ACK, this.#receivedBytes)
    }
    this.#outputWanted = false
    return null
  }

  /** A message that {@link take} gave has left: its memory may be used again. */
  release(message: Uint8Array): void {
    this.#writer.release(message)
  }

  /** To be called about once a second: sends PING when nothing was heard, ends the session when it stays silent. */
  tick(): void {
    if (this.#closed) return
    const verdict = this.#liveness.check(this.#now())
    if (verdict === 'ping') this.#send(encodeMessage(messageType.PING, 0, this.#liveness.pingPayload()))
    if (verdict === 'dead') this.close(new JetwayError('SESSION_LOST'))
  }

  /** Client: hands over a new access token of the same principal. */
  authenticate(accessToken: string): void {
    this.#send(encodeMessage(messageType.AUTH, 0, new TextEncoder().encode(accessToken)))
  }

  /** Relay: the new token was good until `expires` (seconds since the epoch). */
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
    for (const stream of this.#streams.values()) stream.wasReset(error.code)
    this.#streams.clear()
    this.#writer.clear()
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
    this.#streams.delete(stream.id)
    if (!stream.opened) return
    this.#writer.reset(stream.id, errorTable[code].wire)
    this.#wantOutput()
  }

  /** @internal */
  finished(stream: Stream): void {
    if (stream.isDone) this.#streams.delete(stream.id)
  }

  #handle(message: Message): void {
    if (message.ack !== null) this.#acknowledged(message.ack)
    switch (message.type) {
      case messageType.FRAMES: {
        if (message.seq !== this.#receivedBytes) throw protocolError('out of sequence')
        const frames = parseFrames(message.payload)
        this.#receivedBytes += message.payload.length
        for (const frame of frames) {
          if (this.#closed) return
          this.#handleFrame(frame)
        }
        if (this.#receivedBytes - this.#ackSentBytes >= ackEveryBytes) this.#wantOutput()
        return
      }
      case messageType.ACK:
        this.#acknowledged(message.seq)
        return
      case messageType.PING:
        this.#send(encodeMessage(messageType.PONG, 0, message.payload))
        return
      case messageType.PONG:
        this.#liveness.pong(message.payload, this.#now())
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
    if (offset < this.#ackReceivedBytes || offset > this.#writer.sentBytes) {
      throw protocolError('acknowledged what was not sent')
    }
    this.#ackReceivedBytes = offset
    if (this.#sample === null || offset < this.#sample.offset) return
    this.#pool.roundTripMs = this.#now() - this.#sample.sentAt
    this.#sample = null
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
    switch (frame.type) {
      case frameType.DATA:
        if (!stream.receive(frame.data, frame.fin)) throw new JetwayError('FLOW_CONTROL')
        this.finished(stream)
        return
      case frameType.WINDOW:
        stream.granted(frame.offset)
        return
      case frameType.RST:
        this.#streams.delete(stream.id)
        stream.wasReset(errorCodeOfWire(frame.code))
    }
  }

  #opened(frame: Extract<Frame, { type: typeof frameType.OPEN }>): void {
    const isPeers = frame.streamId % 2 === (this.#side === 'relay' ? 1 : 0)
    if (!isPeers || frame.streamId <= this.#lastPeerStreamId) throw protocolError('wrong stream id')
    this.#lastPeerStreamId = frame.streamId
    if (this.#goAwaySent || this.#streams.size >= this.#local.streams) {
      const code = this.#goAwaySent ? 'DRAINING' : 'TOO_MANY_STREAMS'
      this.#writer.reset(frame.streamId, errorTable[code].wire)
      this.#wantOutput()
      return
    }
    const stream = this.#createStream(frame.streamId, frame.service, true)
    this.#listener.onStream(stream)
    if (!stream.isReset && (frame.data.length > 0 || frame.fin)) {
      if (!stream.receive(frame.data, frame.fin)) throw new JetwayError('FLOW_CONTROL')
    }
  }

  #createStream(id: number, service: string, opened: boolean): Stream {
    const stream = new Stream(this, id, service, {
      opened,
      sendWindowBytes: this.#remote.windowBytes,
      window: new ReceiveWindow(this.#pool, this.#local.windowBytes),
    })
    this.#streams.set(id, stream)
    return stream
  }

  #wasOpen(streamId: number): boolean {
    const isPeers = streamId % 2 === (this.#side === 'relay' ? 1 : 0)
    return isPeers ? streamId <= this.#lastPeerStreamId : streamId < this.#nextStreamId
  }

  #send(message: Uint8Array): void {
    if (this.#closed) return
    this.#urgent.push(message)
    this.#wantOutput()
  }

  #wantOutput(): void {
    if (this.#outputWanted) return
    this.#outputWanted = true
    this.#listener.onOutput()
  }
}
