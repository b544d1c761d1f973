import { createHmac } from 'node:crypto'
import type { Socket } from 'node:net'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { ErrorCode } from '#shared/errors/table.ts'
import type { Challenge } from '#shared/protocol/challenge.ts'
import {
  encodeHello,
  encodeResume,
  parseResumed,
  parseWelcome,
  proofInput,
  type Welcome,
} from '#shared/protocol/handshake.ts'
import { join } from '#shared/protocol/join.ts'
import { MessageMemory } from '#shared/protocol/message-memory.ts'
import { Pump } from '#shared/protocol/pump.ts'
import type { Scheduler } from '#shared/protocol/scheduler.ts'
import { Session } from '#shared/protocol/session.ts'
import { protocolVersion, relayService } from '#shared/protocol/wire.ts'
import { CarrierSearch } from './carrier-search.ts'
import type { CarrierListener, ClientCarrier, Dial } from './carriers/carrier.ts'
import { answerOf } from './first-answer.ts'
import { StreamConnection } from './stream-connection.ts'
import { unreachable } from './unreachable.ts'

export interface TunnelOptions {
  readonly dial: Dial
  readonly scheduler: Scheduler
  /** In [0, 1). */
  readonly random: () => number
  /** The services that have a local port. */
  readonly services: ReadonlyArray<{ readonly name: string; readonly localPort: number }>
  /** Of this client, for the relay's log. */
  readonly version: string
  readonly listener: TunnelListener
}

interface TunnelListener {
  /** The carrier is gone; streams wait for another one. */
  onInterrupted(tunnel: Tunnel, error: JetwayError): void
  /** Streams go on. */
  onResumed(tunnel: Tunnel): void
  /** The relay takes no new connections in this session; those that are open may go on for a while. */
  onLeaving(tunnel: Tunnel, code: ErrorCode): void
  /** The relay refused something that another sign-in would allow. */
  onChallenge(challenge: Challenge): void
}

/** What this client takes: streams of many browser tabs, each with a window that grows. */
const limits = { streams: 256, windowBytes: 262_144, opensPerSecond: 1000 }
const windowBudgetBytes = 33_554_432
const tickMs = 500
/** Another connection is tried beside one that has not answered for so long: at first, and to get back. */
const firstDialEveryMs = 1000
const resumeDialEveryMs = 200

const memory = new MessageMemory((bytes) => Buffer.allocUnsafe(bytes))

/**
 * Begins a session with a relay; resolves once it has welcomed this client.
 *
 * @throws RELAY_UNREACHABLE, OVERLOADED, DRAINING (a retry can help)
 * @throws RELAY_UNTRUSTED, NOT_A_RELAY, UNAUTHENTICATED, TOKEN_EXPIRED, VERSION_UNSUPPORTED, PROTOCOL_ERROR,
 *   TOO_MANY_SESSIONS
 */
export async function openTunnel(options: TunnelOptions, signal: AbortSignal): Promise<Tunnel> {
  const { scheduler } = options
  const hello = encodeHello({
    versions: [protocolVersion],
    client: { name: 'jetway', version: options.version },
    services: options.services.map(({ name, localPort }) => ({ name, localPort })),
    limits,
  })
  const carrier = await options.dial({ first: () => hello, everyMs: firstDialEveryMs, signal })
  return answerOf(carrier, scheduler, (message) => {
    const tunnel = new Tunnel(options, parseWelcome(message))
    return { result: tunnel, listener: tunnel.attach(carrier, 0) }
  })
}

/** Of a session, since it began. */
export interface Traffic {
  /** Frames and all. */
  readonly receivedBytes: number
  readonly sentBytes: number
  /** Connections to services that are open now. */
  readonly openStreams: number
  /** Smoothed, of the tunnel's own PING; null without a carrier, and before the first PONG of this one. */
  readonly roundTripMs: number | null
}

/** A session with a relay, over one carrier after another. */
export class Tunnel {
  readonly welcome: Welcome
  /** Settles when the session has ended, with why; never rejects. */
  readonly closed: Promise<JetwayError>
  readonly #options: TunnelOptions
  readonly #session: Session
  readonly #search: CarrierSearch
  #carrier: ClientCarrier | null = null
  #pump: Pump | null = null
  #epoch = 0
  /** Connections to the relay itself. */
  #toRelay = 0
  /** Why the relay takes no new connections in this session; null while it does. */
  #leaving: ErrorCode | null = null
  #authenticating: { resolve(expires: number): void; reject(error: JetwayError): void } | null = null
  #cancelTick: () => void

  /** @internal use {@link openTunnel} */
  constructor(options: TunnelOptions, welcome: Welcome) {
    this.#options = options
    this.welcome = welcome
    let end: (error: JetwayError) => void
    this.closed = new Promise((resolve) => {
      end = resolve
    })
    this.#session = new Session({
      side: 'client',
      local: limits,
      remote: welcome.limits,
      windowBudgetBytes,
      now: options.scheduler.now,
      memory,
      listener: {
        onOutput: () => this.#pump?.wake(),
        onStream: (stream) => stream.reset('SERVICE_UNKNOWN'),
        onGoAway: (code) => this.#goneAway(code),
        onAuthenticated: (expires) => this.#authenticated(expires),
        onChallenge: (challenge) => options.listener.onChallenge(challenge),
        onIdle: () => this.#idle(),
        onClose: (error) => {
          this.#cancelTick()
          this.#search.stop()
          this.#authenticating?.reject(error)
          this.#pump?.stop()
          this.#carrier?.close(error.code)
          this.#carrier = null
          end(error)
        },
      },
    })
    this.#search = new CarrierSearch({
      session: this.#session,
      keepMs: welcome.keepSeconds * 1000,
      resume: (signal) => this.#resume(signal),
      onFailure: (error) => options.listener.onInterrupted(this, error),
      scheduler: options.scheduler,
      random: options.random,
    })
    this.#cancelTick = options.scheduler.after(tickMs, () => this.#tick())
  }

  /** Whether streams flow, as opposed to waiting for another carrier. */
  get isAttached(): boolean {
    return this.#session.isAttached
  }

  /** Whether the relay takes no new connections in this session. */
  get isLeaving(): boolean {
    return this.#leaving !== null
  }

  /** Sends a local connection to a service. A stream that cannot be opened resets the connection. */
  open(service: string, socket: Socket): void {
    try {
      join(this.#session.open(service), socket, this.#options.scheduler.defer)
    } catch {
      socket.resetAndDestroy()
    }
  }

  /**
   * A connection to the relay itself, inside the session.
   *
   * @throws TOO_MANY_STREAMS, DRAINING, CLOSED (a retry can help)
   */
  openToRelay(): StreamConnection {
    const connection = new StreamConnection(this.#session.open(relayService))
    this.#toRelay += 1
    connection.once('close', () => {
      this.#toRelay -= 1
    })
    return connection
  }

  /** What has gone through it so far, and how it does now. */
  get traffic(): Traffic {
    const { receivedBytes, sentBytes, streamCount, isAttached, roundTripMs } = this.#session
    return {
      receivedBytes,
      sentBytes,
      openStreams: Math.max(0, streamCount - this.#toRelay),
      roundTripMs: isAttached ? roundTripMs : null,
    }
  }

  /** Has the round trip measured, whatever else is under way. */
  measure(): void {
    this.#session.measure()
  }

  /**
   * Hands over a new access token of the same person, in-band, and gives the session's new expiry in seconds
   * since the epoch. One at a time.
   *
   * @throws UNAUTHENTICATED, TOKEN_EXPIRED, SESSION_LOST when the relay ended the session instead
   */
  authenticate(accessToken: string): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#session.isClosed) throw new JetwayError('SESSION_LOST')
      this.#authenticating = { resolve, reject }
      // Without a carrier the next resume brings a new token, and the answer with it.
      this.#session.authenticate(accessToken)
    })
  }

  /** The machine woke up, or is on another network: the carrier may be dead without knowing it. */
  probe(): void {
    if (this.#session.isAttached) {
      this.#session.probe()
      this.#search.begin()
    } else {
      this.#search.hurry()
    }
  }

  /** It takes no new connections: it ends with those that are open. */
  leave(): void {
    if (!this.isLeaving) this.#goneAway('CLOSED')
  }

  close(): void {
    this.#session.close(new JetwayError('CLOSED'))
  }

  /** @internal */
  attach(carrier: ClientCarrier, relayReceived: number): CarrierListener {
    this.#carrier = carrier
    this.#pump = new Pump(this.#session, carrier, this.#options.scheduler)
    this.#session.attach(relayReceived)
    return {
      onMessage: (bytes) => {
        if (this.#carrier !== carrier) return
        this.#session.receive(bytes)
        // It lives: no need for another.
        if (this.#session.isAttached) this.#search.stop()
      },
      onClose: (code) => {
        if (this.#carrier !== carrier) return
        if (code !== null) this.#session.close(new JetwayError(code))
        else this.#interrupted(unreachable('connection cut'))
      },
    }
  }

  #tick(): void {
    this.#cancelTick = this.#options.scheduler.after(tickMs, () => this.#tick())
    switch (this.#session.tick()) {
      case 'suspect':
        this.#search.begin()
        break
      case 'dead':
        this.#interrupted(unreachable('no answer in time'))
    }
  }

  #interrupted(error: JetwayError): void {
    this.#dropCarrier()
    this.#options.listener.onInterrupted(this, error)
    this.#search.begin()
  }

  #dropCarrier(): void {
    this.#session.detach()
    this.#pump?.stop()
    this.#carrier?.terminate()
    this.#carrier = null
  }

  async #resume(signal: AbortSignal): Promise<void> {
    const { dial, scheduler, listener } = this.#options
    const carrier = await dial({ first: () => this.#takeLeave(), everyMs: resumeDialEveryMs, signal })
    await answerOf(carrier, scheduler, (message) => {
      const { received, expires } = parseResumed(message)
      if (this.#session.isClosed) throw new JetwayError('CLOSED')
      const next = this.attach(carrier, received)
      this.#authenticated(expires)
      listener.onResumed(this)
      return { result: undefined, listener: next }
    })
  }

  /** From here on nothing of the old carrier counts: the relay will send again what this message does not confirm. */
  #takeLeave(): Uint8Array {
    this.#dropCarrier()
    this.#epoch += 1
    const resume = {
      session: this.welcome.session,
      epoch: this.#epoch,
      received: this.#session.receivedBytes,
    }
    const proof = createHmac('sha256', Buffer.from(this.welcome.secret, 'base64url'))
      .update(proofInput(resume))
      .digest('base64url')
    return encodeResume({ ...resume, proof })
  }

  #authenticated(expires: number): void {
    this.#authenticating?.resolve(expires)
    this.#authenticating = null
  }

  #goneAway(code: ErrorCode): void {
    this.#leaving = code
    this.#authenticating?.reject(new JetwayError(code))
    this.#authenticating = null
    this.#options.listener.onLeaving(this, code)
    if (this.#session.streamCount === 0) this.#idle()
  }

  /** A session that is being left ends with its last stream. */
  #idle(): void {
    const code = this.#leaving
    if (code !== null) this.#options.scheduler.defer(() => this.#session.close(new JetwayError(code)))
  }
}
