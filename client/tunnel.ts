import type { Socket } from 'node:net'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { ErrorCode } from '#shared/errors/table.ts'
import type { Challenge } from '#shared/protocol/challenge.ts'
import { encodeHello, parseWelcome, type Welcome } from '#shared/protocol/handshake.ts'
import { join } from '#shared/protocol/join.ts'
import { MessageMemory } from '#shared/protocol/message-memory.ts'
import type { Scheduler } from '#shared/protocol/scheduler.ts'
import { Session } from '#shared/protocol/session.ts'
import { protocolVersion, relayService } from '#shared/protocol/wire.ts'
import type { CarrierListener, ClientCarrier, Dial } from './carriers/carrier.ts'
import { answerOf } from './first-answer.ts'
import { SessionCarriers } from './session-carriers.ts'
import { StreamConnection } from './stream-connection.ts'

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
/** Another connection is tried beside one that has not answered for so long. */
const firstDialEveryMs = 1000

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
  readonly #carriers: SessionCarriers
  /** Connections to the relay itself. */
  #toRelay = 0
  /** Why the relay takes no new connections in this session; null while it does. */
  #leaving: ErrorCode | null = null
  #authenticating: { resolve(expires: number): void; reject(error: JetwayError): void } | null = null

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
        onOutput: () => this.#carriers.wake(),
        onStream: (stream) => stream.reset('SERVICE_UNKNOWN'),
        onGoAway: (code) => this.#goneAway(code),
        onAuthenticated: (expires) => this.#authenticated(expires),
        onChallenge: (challenge) => options.listener.onChallenge(challenge),
        onIdle: () => this.#idle(),
        onClose: (error) => {
          this.#authenticating?.reject(error)
          this.#carriers.end(error)
          end(error)
        },
      },
    })
    this.#carriers = new SessionCarriers({
      session: this.#session,
      welcome,
      dial: options.dial,
      scheduler: options.scheduler,
      random: options.random,
      onInterrupted: (error) => options.listener.onInterrupted(this, error),
      onResumed: (expires) => {
        this.#authenticated(expires)
        options.listener.onResumed(this)
      },
    })
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
    this.#carriers.probe()
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
    return this.#carriers.attach(carrier, relayReceived)
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
