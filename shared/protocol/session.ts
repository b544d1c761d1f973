import { errorCodeOfWire, JetwayError } from '../errors/jetway-error.ts'
import type { ErrorCode } from '../errors/table.ts'
import { type Challenge, encodeChallenge, parseChallenge } from './challenge.ts'
import { type Frame, parseFrames } from './frame.ts'
import type { Limits } from './handshake.ts'
import { Liveness, type Verdict } from './liveness.ts'
import { encodeMessage, type Message, parseMessage, protocolError } from './message.ts'
import { MessageMemory } from './message-memory.ts'
import { Outbox } from './outbox.ts'
import { Sequence } from './sequence.ts'
import type { Stream } from './stream.ts'
import { Streams, type StreamsListener } from './streams.ts'
import { windowPool } from './window-pool.ts'
import { frameType, messageType } from './wire.ts'

/** What a session tells its owner. */
export interface SessionListener extends StreamsListener {
  /** There is something to send: call {@link Session.take} as soon as the carrier has room. */
  onOutput(): void
  /** The peer takes no new streams. */
  onGoAway(code: ErrorCode, deadlineMs: number): void
  /** Relay only: the client sent a new access token; answer with {@link Session.authenticated}. */
  onAuth?(accessToken: string): void
  /** Client only: the relay took the new access token. */
  onAuthenticated?(expires: number): void
  /** Client only: something was refused that another sign-in would allow. */
  onChallenge?(challenge: Challenge): void
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

/**
 * One end of a session: streams multiplexed over a sequence of bytes that is numbered from the session's start,
 * whatever carrier brings them. Pure: whole messages in ({@link receive}), whole messages out ({@link take}), the
 * clock injected.
 *
 * It begins without a carrier. {@link attach} gives it one, {@link detach} takes it away; in between streams stay,
 * and what was not acknowledged goes out again over the next one.
 */
export class Session {
  readonly #listener: SessionListener
  readonly #now: () => number
  readonly #sequence: Sequence
  readonly #outbox: Outbox
  readonly #streams: Streams
  readonly #liveness: Liveness
  #closed = false

  constructor(options: SessionOptions) {
    const { side, listener, local, remote, now, memory = new MessageMemory() } = options
    this.#listener = listener
    this.#now = now
    this.#sequence = new Sequence({ now, release: (message) => memory.release(message) })
    this.#outbox = new Outbox({
      sequence: this.#sequence,
      memory,
      now,
      opensPerSecond: remote.opensPerSecond,
      onOutput: () => listener.onOutput(),
    })
    this.#streams = new Streams({
      side,
      listener,
      local,
      remote,
      outbox: this.#outbox,
      windows: windowPool(options.windowBudgetBytes, now, this.#sequence),
      now,
    })
    this.#liveness = new Liveness(now())
  }

  get streamCount(): number {
    return this.#streams.count
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Whether there is a carrier. */
  get isAttached(): boolean {
    return this.#outbox.isAttached
  }

  /** What this side has received of the session: what a new carrier has to be told. */
  get receivedBytes(): number {
    return this.#sequence.receivedBytes
  }

  /** What this side has sent of the session. */
  get sentBytes(): number {
    return this.#outbox.sentBytes
  }

  /** What is kept in case the carrier breaks. */
  get unackedBytes(): number {
    return this.#sequence.unackedBytes
  }

  /** Bytes that streams hold and have not put into a message. */
  get queuedBytes(): number {
    return this.#streams.queuedBytes
  }

  /** Smoothed round-trip time in milliseconds; null before the first PONG. */
  get roundTripMs(): number | null {
    return this.#liveness.roundTripMs
  }

  /** When {@link take} will have something that it has not now, if nothing else happens; null for never. */
  get wakeAt(): number | null {
    return this.#outbox.wakeAt
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
    return this.#streams.open(service)
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
    this.#liveness.restart(this.#now())
    this.#outbox.attach()
  }

  /** The carrier is gone. Nothing is lost by that: streams wait. */
  detach(): void {
    this.#outbox.detach()
  }

  /**
   * Takes in one whole message of the carrier. A message that breaks the protocol ends the session.
   */
  receive(bytes: Uint8Array): void {
    if (!this.isAttached) return
    this.#liveness.heard(this.#now())
    try {
      this.#handle(parseMessage(bytes))
      if (this.#outbox.isFlooded) throw new JetwayError('FLOW_CONTROL')
    } catch (error) {
      if (!(error instanceof JetwayError)) throw error
      this.close(error)
    }
  }

  /** The next message for the carrier; null when there is nothing to send now. */
  take(): Uint8Array | null {
    return this.#outbox.take()
  }

  /**
   * To be called about once a second: sends PING when nothing was heard, and says what to think of the carrier. What
   * follows from that is the owner's.
   */
  tick(): Verdict {
    if (this.#closed) return 'fine'
    this.#streams.giveUpHalfClosed()
    if (!this.isAttached) return 'fine'
    const verdict = this.#liveness.check(this.#now(), this.#sequence.unackedBytes > 0)
    if (verdict === 'ping') this.#outbox.sendUrgent(this.#liveness.ask(this.#now()))
    return verdict
  }

  /** Asks the peer whether it is there, without waiting for silence: after a sleep, or on another network. */
  probe(): void {
    if (this.isAttached) this.#outbox.sendUrgent(this.#liveness.ask(this.#now()))
  }

  /** Sends a PING for the sake of {@link roundTripMs} alone: nothing is thought of a carrier that does not answer it. */
  measure(): void {
    const ping = this.isAttached ? this.#liveness.measure(this.#now()) : null
    if (ping !== null) this.#outbox.sendUrgent(ping)
  }

  /** Client: hands over a new access token of the same principal. */
  authenticate(accessToken: string): void {
    this.#outbox.sendUrgent(encodeMessage(messageType.AUTH, 0, new TextEncoder().encode(accessToken)))
  }

  /** Relay: the new token is good until `expires` (seconds since the epoch). */
  authenticated(expires: number): void {
    this.#outbox.sendUrgent(encodeMessage(messageType.AUTH_OK, expires))
  }

  /** Relay: something was refused that another sign-in would allow. Lost without a carrier: it is only an offer. */
  challenge(challenge: Challenge): void {
    if (this.isAttached) this.#outbox.sendUrgent(encodeChallenge(challenge))
  }

  /** Takes no new streams; those that are open may finish within `deadlineMs`. */
  goAway(code: ErrorCode, deadlineMs: number): void {
    this.#streams.goAway(code, deadlineMs)
  }

  /** Ends the session and resets all streams. What was queued is dropped. */
  close(error: JetwayError): void {
    if (this.#closed) return
    this.#closed = true
    this.#outbox.close()
    this.#streams.close(error.code)
    this.#sequence.clear()
    this.#listener.onClose(error)
  }

  #handle(message: Message): void {
    if (message.ack !== null) this.#outbox.acknowledged(message.ack)
    switch (message.type) {
      case messageType.FRAMES: {
        const frames = parseFrames(message.payload)
        this.#sequence.received(message)
        this.#liveness.flowed()
        for (const frame of frames) {
          if (this.#closed) return
          this.#handleFrame(frame)
        }
        if (this.#sequence.ackDueAt !== null) this.#outbox.wake()
        return
      }
      case messageType.ACK:
        this.#outbox.acknowledged(message.seq)
        return
      case messageType.PING:
        this.#outbox.sendUrgent(encodeMessage(messageType.PONG, 0, message.payload))
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
      case messageType.CHALLENGE:
        if (!this.#listener.onChallenge) throw protocolError('CHALLENGE at the wrong side')
        this.#listener.onChallenge(parseChallenge(message))
        return
      default:
        throw protocolError(`message type ${message.type} inside a session`)
    }
  }

  #handleFrame(frame: Frame): void {
    if (frame.type !== frameType.GOAWAY) {
      this.#streams.receive(frame)
      return
    }
    this.#streams.peerGoesAway()
    this.#listener.onGoAway(errorCodeOfWire(frame.code), frame.deadlineMs)
  }
}
