import { randomBytes } from 'node:crypto'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { encodeWelcome, type Hello, type Limits, parseHello } from '#shared/protocol/hello.ts'
import { parseMessage } from '#shared/protocol/message.ts'
import { Pump } from '#shared/protocol/pump.ts'
import { Session } from '#shared/protocol/session.ts'
import type { Stream } from '#shared/protocol/stream.ts'
import type { RelayCarrier } from './carriers/websocket.ts'
import type { Principal } from './identity/principal.ts'

export interface TunnelSessionOptions {
  readonly carrier: RelayCarrier
  readonly principal: Principal
  /** IP address of the peer. */
  readonly address: string
  readonly limits: Limits
  /** Verifies a new access token. @throws UNAUTHENTICATED, TOKEN_EXPIRED */
  readonly authenticate: (accessToken: string) => Promise<Principal>
  readonly onStream: (stream: Stream, session: TunnelSession) => void
  /** Called once, with why the session ended. */
  readonly onClose: (error: JetwayError, session: TunnelSession) => void
}

/** What all streams of a session may take beyond their first windows. */
const windowBudgetBytes = 16_777_216
const helloTimeoutMs = 10_000
const tickMs = 1000
/** setTimeout takes no more than this; a session that outlives it is asked again then. */
const maxTimeoutMs = 2_147_483_647

/** A client's session at the relay: who it is, until when, and where a browser sees its services. */
export class TunnelSession {
  readonly id = randomBytes(16).toString('base64url')
  readonly address: string
  readonly startedAt = Date.now()
  readonly #options: TunnelSessionOptions
  readonly #carrier: RelayCarrier
  #principal: Principal
  #hello: Hello | null = null
  #session: Session | null = null
  #expiry: NodeJS.Timeout | undefined
  #ticker: NodeJS.Timeout | undefined
  readonly #helloTimer: NodeJS.Timeout
  #closed = false

  constructor(options: TunnelSessionOptions) {
    this.#options = options
    this.#carrier = options.carrier
    this.#principal = options.principal
    this.address = options.address
    this.#helloTimer = setTimeout(
      () => this.close(new JetwayError('PROTOCOL_ERROR', { reason: 'no hello in time' })),
      helloTimeoutMs,
    )
    this.#carrier.listener = {
      onMessage: (bytes) => this.#greet(bytes),
      onClose: () => this.close(new JetwayError('SESSION_LOST')),
    }
  }

  get principal(): Principal {
    return this.#principal
  }

  get client(): Hello['client'] | null {
    return this.#hello?.client ?? null
  }

  /** The origins of a service's local port; empty when the client has none for it. */
  originsOf(service: string): readonly string[] {
    return this.#hello?.services.find(({ name }) => name === service)?.origins ?? []
  }

  /** Takes no new streams; open ones may finish within `deadlineMs`. */
  goAway(deadlineMs: number): void {
    this.#session?.goAway('DRAINING', deadlineMs)
  }

  close(error: JetwayError): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#helloTimer)
    clearTimeout(this.#expiry)
    clearInterval(this.#ticker)
    this.#session?.close(error)
    this.#carrier.close(error.code)
    this.#options.onClose(error, this)
  }

  #greet(bytes: Uint8Array): void {
    try {
      this.#hello = parseHello(parseMessage(bytes))
      for (const { origins } of this.#hello.services) origins.forEach(requireLoopbackOrigin)
    } catch (error) {
      this.close(asJetwayError(error))
      return
    }
    clearTimeout(this.#helloTimer)
    this.#carrier.send(
      encodeWelcome({
        version: 1,
        session: this.id,
        expires: this.#principal.expires,
        limits: this.#options.limits,
      }),
      () => {},
    )
    this.#run(this.#hello)
  }

  #run(hello: Hello): void {
    const session = new Session({
      side: 'relay',
      local: this.#options.limits,
      remote: hello.limits,
      windowBudgetBytes,
      now: () => performance.now(),
      allocate: Buffer.allocUnsafe,
      listener: {
        onOutput: () => pump.wake(),
        onStream: (stream) => this.#options.onStream(stream, this),
        onGoAway: () => {},
        onAuth: (accessToken) => void this.#authenticate(accessToken),
        onClose: (error) => this.close(error),
      },
    })
    const pump = new Pump(session, this.#carrier, setImmediate)
    this.#session = session
    this.#ticker = setInterval(() => session.tick(), tickMs)
    this.#carrier.listener.onMessage = (bytes) => session.receive(bytes)
    this.#endAtExpiry()
  }

  async #authenticate(accessToken: string): Promise<void> {
    try {
      const principal = await this.#options.authenticate(accessToken)
      const { issuer, subject } = this.#principal
      if (principal.issuer !== issuer || principal.subject !== subject) {
        throw new JetwayError('UNAUTHENTICATED', {}, { cause: new Error('token of another person') })
      }
      if (this.#closed) return
      this.#principal = principal
      this.#endAtExpiry()
      this.#session?.authenticated(principal.expires)
    } catch (error) {
      this.close(asJetwayError(error))
    }
  }

  /** No session outlives the token that it was opened with or given last. */
  #endAtExpiry(): void {
    clearTimeout(this.#expiry)
    const leftMs = this.#principal.expires * 1000 - Date.now()
    this.#expiry = setTimeout(
      () => (leftMs > maxTimeoutMs ? this.#endAtExpiry() : this.close(new JetwayError('TOKEN_EXPIRED'))),
      Math.min(Math.max(leftMs, 0), maxTimeoutMs),
    )
  }
}

/** Only a port of the person's own machine may be named, or a client could let any site in. */
function requireLoopbackOrigin(origin: string): void {
  if (!/^http:\/\/(localhost|127\.0\.0\.1|\[::1\]):[1-9][0-9]{0,4}$/.test(origin)) {
    throw new JetwayError('PROTOCOL_ERROR', { reason: 'origin is not a loopback port' })
  }
}
