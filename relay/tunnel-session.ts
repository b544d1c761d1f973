import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { stepUpOf } from '#shared/errors/problem.ts'
import type { ErrorCode } from '#shared/errors/table.ts'
import {
  encodeResumed,
  encodeWelcome,
  type Hello,
  type Limits,
  proofInput,
  type Resume,
} from '#shared/protocol/handshake.ts'
import type { MessageMemory } from '#shared/protocol/message-memory.ts'
import { Pump } from '#shared/protocol/pump.ts'
import type { Scheduler } from '#shared/protocol/scheduler.ts'
import { Session } from '#shared/protocol/session.ts'
import type { Stream } from '#shared/protocol/stream.ts'
import { protocolVersion } from '#shared/protocol/wire.ts'
import { SessionActivity } from './activity/session-activity.ts'
import type { RelayCarrier } from './carriers/websocket.ts'
import type { VerifiedToken } from './identity/authenticator.ts'
import { type Principal, samePrincipal } from './identity/principal.ts'

export interface TunnelSessionOptions {
  readonly hello: Hello
  readonly principal: Principal
  /** Of the key that the session belongs to; null for none. */
  readonly keyThumbprint: string | null
  /** IP address of the peer. */
  readonly address: string
  readonly limits: Limits
  /** How long it is kept without a carrier, in seconds. */
  readonly keepSeconds: number
  readonly scheduler: Scheduler
  readonly memory: MessageMemory
  /** Verifies a new access token, which has to be bound to the same key. @throws UNAUTHENTICATED, TOKEN_EXPIRED */
  readonly renew: (accessToken: string, keyThumbprint: string | null) => Promise<VerifiedToken>
  /** Refuses whoever may not be here any more. @throws UNAUTHENTICATED, ACCESS_REVOKED, SESSION_ENDED */
  readonly check: (principal: Principal, session: string | null) => void
  readonly onStream: (stream: Stream, session: TunnelSession) => void
  /** Called once, with why the session ended. */
  readonly onClose: (error: JetwayError, session: TunnelSession) => void
}

/** What all streams of a session may take beyond their first windows. */
const windowBudgetBytes = 16_777_216
/** Between the word that a sign-in has ended and the end: for answers that are on their way. */
const graceMs = 5000
const challengeEveryMs = 1000
const maxDetailChars = 1000

/** A client's session at the relay: who it is, until when, where a browser sees its services, and over which carrier. */
export class TunnelSession {
  /** A command line would take one that begins with `-` for an option. */
  readonly id = randomBytes(16).toString('base64url').replace(/^-/, '_')
  readonly startedAt = Date.now()
  /** What went through it lately. */
  readonly activity = new SessionActivity()
  readonly #secret = randomBytes(32)
  readonly #options: TunnelSessionOptions
  readonly #session: Session
  readonly #origins: ReadonlyMap<string, readonly string[]>
  #address: string
  #principal: Principal
  #carrier: RelayCarrier | null = null
  #pump: Pump | null = null
  /** Of the carrier that has the session. */
  #epoch = 0
  /** Since when there is no carrier, on the scheduler's clock. */
  #detachedAt: number | null = null
  /** When the session ends, after its sign-in did. */
  #endsAt: { readonly at: number; readonly code: ErrorCode } | null = null
  #authenticating = false
  /** On the scheduler's clock. */
  #challengedAt = Number.NEGATIVE_INFINITY

  constructor(options: TunnelSessionOptions) {
    this.#options = options
    this.#principal = options.principal
    this.#address = options.address
    this.#origins = new Map(
      options.hello.services.map(({ name, localPort }) => [name, originsOfPort(localPort)]),
    )
    this.#session = new Session({
      side: 'relay',
      local: options.limits,
      remote: options.hello.limits,
      windowBudgetBytes,
      now: options.scheduler.now,
      memory: options.memory,
      listener: {
        onOutput: () => this.#pump?.wake(),
        onStream: (stream) => options.onStream(stream, this),
        onGoAway: () => {},
        onAuth: (accessToken) => void this.#authenticate(accessToken),
        onClose: (error) => this.#ended(error),
      },
    })
  }

  get principal(): Principal {
    return this.#principal
  }

  /** IP address of the peer, of the carrier that it has or had last. */
  get address(): string {
    return this.#address
  }

  /** Of the key that its tokens are bound to (RFC 9449 §6.1); null for bearer tokens. */
  get keyThumbprint(): string | null {
    return this.#options.keyThumbprint
  }

  get client(): Hello['client'] {
    return this.#options.hello.client
  }

  get streamCount(): number {
    return this.#session.streamCount
  }

  /** Bytes of the session so far, frames and all. */
  get bytes(): { readonly received: number; readonly sent: number } {
    return { received: this.#session.receivedBytes, sent: this.#session.sentBytes }
  }

  /** Bytes that are kept for a resume. */
  get keptBytes(): number {
    return this.#session.unackedBytes + this.#session.queuedBytes
  }

  /** Since when there is no carrier, on the scheduler's clock; null while there is one. */
  get detachedAt(): number | null {
    return this.#detachedAt
  }

  /** The origins of a service's local port; empty when the client has none for it. */
  originsOf(service: string): readonly string[] {
    return this.#origins.get(service) ?? []
  }

  /** Welcomes the client on its first carrier. */
  begin(carrier: RelayCarrier): void {
    const { limits, keepSeconds } = this.#options
    const { expires } = this.#principal
    const secret = this.#secret.toString('base64url')
    const welcome = {
      version: protocolVersion,
      session: this.id,
      secret,
      keepSeconds,
      expires,
      limits,
    } as const
    this.#attach(carrier, encodeWelcome(welcome), 0)
  }

  /** Whether this comes from the one who has the session and its key, and is newer than what came before. */
  accepts(resume: Resume, principal: Principal, keyThumbprint: string | null): boolean {
    const proof = createHmac('sha256', this.#secret).update(proofInput(resume)).digest()
    const isProven = timingSafeEqual(proof, Buffer.from(resume.proof, 'base64url'))
    const isSameKey = keyThumbprint === this.#options.keyThumbprint
    return isProven && isSameKey && resume.epoch > this.#epoch && samePrincipal(principal, this.#principal)
  }

  /**
   * Goes on over another carrier, freshly authenticated; the one before is cut. To be asked first: {@link accepts}.
   *
   * @throws SESSION_LOST when the two ends do not fit together any more
   */
  resume(carrier: RelayCarrier, resume: Resume, principal: Principal, address: string): void {
    this.#dropCarrier()
    this.#epoch = resume.epoch
    this.#address = address
    this.#principal = principal
    this.#endsAt = null
    const answer = encodeResumed({ received: this.#session.receivedBytes, expires: principal.expires })
    this.#attach(carrier, answer, resume.received)
  }

  /** To be called about once a second. */
  tick(): void {
    const now = this.#options.scheduler.now()
    if (this.#session.tick() === 'dead') this.#dropCarrier()
    if (this.#detachedAt !== null && now - this.#detachedAt >= this.#options.keepSeconds * 1000) {
      this.close(new JetwayError('SESSION_LOST'))
    } else if (this.#endsAt !== null) {
      if (now >= this.#endsAt.at) this.close(new JetwayError(this.#endsAt.code))
    } else if (this.#principal.expires * 1000 <= Date.now()) {
      this.endSoon('TOKEN_EXPIRED')
    }
  }

  /** Tells the client that another sign-in would allow what was refused, not more often than people read. */
  challenge(error: JetwayError): void {
    const now = this.#options.scheduler.now()
    if (now - this.#challengedAt < challengeEveryMs) return
    this.#challengedAt = now
    const { acrValues = null, maxAge = null } = stepUpOf(error)
    this.#session.challenge({
      code: error.code,
      detail: error.message.slice(0, maxDetailChars),
      acrValues,
      maxAge,
    })
  }

  /** Takes no new streams; open ones may finish within `deadlineMs`. */
  goAway(deadlineMs: number): void {
    this.#session.goAway('DRAINING', deadlineMs)
    this.activity.end()
  }

  close(error: JetwayError): void {
    this.#session.close(error)
  }

  /** Takes nothing new and ends, for this reason, after a moment for what is on its way. */
  endSoon(code: ErrorCode): void {
    this.#session.goAway(code, graceMs)
    this.activity.end()
    this.#endsAt ??= { at: this.#options.scheduler.now() + graceMs, code }
  }

  #attach(carrier: RelayCarrier, answer: Uint8Array, peerReceived: number): void {
    this.#carrier = carrier
    this.#detachedAt = null
    this.#pump = new Pump(this.#session, carrier, this.#options.scheduler)
    carrier.listener = {
      onMessage: (bytes) => this.#session.receive(bytes),
      // The client said goodbye, or the network did.
      onClose: (code) => (code === null ? this.#dropCarrier() : this.close(new JetwayError(code))),
    }
    this.#session.attach(peerReceived)
    // Ahead of everything of the session, which leaves after this turn.
    carrier.send(answer, () => {})
  }

  #dropCarrier(): void {
    if (this.#carrier === null) return
    this.#detachedAt = this.#options.scheduler.now()
    this.#session.detach()
    this.#pump?.stop()
    this.#carrier.listener = { onMessage() {}, onClose() {} }
    this.#carrier.terminate()
    this.#carrier = null
  }

  #ended(error: JetwayError): void {
    this.#pump?.stop()
    if (this.#carrier !== null) {
      this.#carrier.listener = { onMessage() {}, onClose() {} }
      this.#carrier.close(error.code)
      this.#carrier = null
    }
    this.#options.onClose(error, this)
  }

  async #authenticate(accessToken: string): Promise<void> {
    if (this.#authenticating) {
      this.close(new JetwayError('PROTOCOL_ERROR', { reason: 'two tokens at once' }))
      return
    }
    this.#authenticating = true
    try {
      const { renew, keyThumbprint } = this.#options
      const { principal } = await renew(accessToken, keyThumbprint)
      if (!samePrincipal(principal, this.#principal)) {
        throw new JetwayError('UNAUTHENTICATED', {}, { cause: new Error('token of another person') })
      }
      this.#options.check(principal, this.id)
      this.#principal = principal
      this.#endsAt = null
      this.#session.authenticated(principal.expires)
    } catch (error) {
      const known = asJetwayError(error)
      if (isTakenAway(known)) this.close(known)
      else this.endSoon(known.code)
    } finally {
      this.#authenticating = false
    }
  }
}

/** Whether there is no moment left, not even for what is on its way. */
function isTakenAway({ code }: JetwayError): boolean {
  return code === 'ACCESS_REVOKED' || code === 'SESSION_ENDED'
}

/** What a browser sees at a local port (RFC 6454). */
function originsOfPort(port: number): readonly string[] {
  return ['localhost', '127.0.0.1', '[::1]'].map((host) => `http://${host}:${port}`)
}
