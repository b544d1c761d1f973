import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { type Hello, type Limits, parseFirst, type Resume } from '#shared/protocol/handshake.ts'
import { parseMessage } from '#shared/protocol/message.ts'
import { MessageMemory } from '#shared/protocol/message-memory.ts'
import type { Scheduler } from '#shared/protocol/scheduler.ts'
import type { Stream } from '#shared/protocol/stream.ts'
import type { RelayCarrier } from './carriers/websocket.ts'
import { type Principal, samePrincipal } from './identity/principal.ts'
import { TunnelSession, type TunnelSessionOptions } from './tunnel-session.ts'

export interface TunnelsOptions {
  readonly limits: {
    readonly session: Limits
    readonly sessionsPerPerson: number
    readonly keepSeconds: number
    readonly keepBytes: number
  }
  readonly scheduler: Scheduler
  readonly renew: TunnelSessionOptions['renew']
  readonly check: TunnelSessionOptions['check']
  readonly onStream: (stream: Stream, session: TunnelSession) => void
  readonly onEvent: (event: TunnelEvent) => void
}

/** Someone came, came back, went, or was not let in. */
export type TunnelEvent =
  | { readonly kind: 'open' | 'resume'; readonly session: TunnelSession; readonly error: null }
  | { readonly kind: 'close'; readonly session: TunnelSession; readonly error: JetwayError }
  | {
      readonly kind: 'refuse'
      readonly session: null
      readonly principal: Principal
      readonly address: string
      readonly error: JetwayError
    }

/** A carrier that someone known has opened. */
export interface Arrival {
  readonly carrier: RelayCarrier
  readonly principal: Principal
  /** Of the key that it has proven; null where its token is bound to none. */
  readonly keyThumbprint: string | null
  /** IP address of the peer. */
  readonly address: string
  /** The carrier's first message, where it came with the upgrade. */
  readonly first: Uint8Array | null
}

/** A carrier that says nothing at first is given up after so long. */
const firstMessageTimeoutMs = 10_000
const tickMs = 1000

/** All sessions of a relay: begins them, finds them for a client that comes back, and ends them. */
export class Tunnels {
  readonly #options: TunnelsOptions
  readonly #sessions = new Map<string, TunnelSession>()
  readonly #memory = new MessageMemory((bytes) => Buffer.allocUnsafe(bytes))
  #cancelTick: (() => void) | null = null
  #draining: number | null = null

  constructor(options: TunnelsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Who is here; someone with several sessions several times. */
  get principals(): Principal[] {
    return [...this.#sessions.values()].map(({ principal }) => principal)
  }

  /** Open streams of all sessions. */
  get streamCount(): number {
    let count = 0
    for (const session of this.#sessions.values()) count += session.streamCount
    return count
  }

  /** Whether no client waits for anything: nothing is open, and what was sent has arrived. */
  get isQuiet(): boolean {
    for (const session of this.#sessions.values()) {
      if (session.streamCount > 0 || (session.detachedAt === null && session.keptBytes > 0)) return false
    }
    return true
  }

  /** Takes a carrier; what comes of it is told by `onEvent`. */
  accept(arrival: Arrival): void {
    const { carrier, first } = arrival
    if (first !== null) {
      this.#greet(arrival, first)
      return
    }
    const refuse = () =>
      this.#refuse(arrival, new JetwayError('PROTOCOL_ERROR', { reason: 'no hello in time' }))
    const cancel = this.#options.scheduler.after(firstMessageTimeoutMs, refuse)
    carrier.listener = {
      onMessage: (bytes) => {
        cancel()
        this.#greet(arrival, bytes)
      },
      onClose: cancel,
    }
  }

  /** No new sessions and streams; those that are open may finish within `deadlineMs`. */
  goAway(deadlineMs: number): void {
    this.#draining = deadlineMs
    for (const session of this.#sessions.values()) session.goAway(deadlineMs)
  }

  /**
   * Ends the sessions of those whom `check` refuses, with its reason.
   *
   * @param when `soon`: with a moment for what is on its way
   */
  endThose(check: TunnelsOptions['check'], when: 'now' | 'soon'): void {
    for (const session of this.#sessions.values()) {
      try {
        check(session.principal, session.id)
      } catch (thrown) {
        const error = asJetwayError(thrown)
        if (when === 'now') session.close(error)
        else session.endSoon(error.code)
      }
    }
  }

  close(error: JetwayError): void {
    for (const session of this.#sessions.values()) session.close(error)
    this.#cancelTick?.()
  }

  #greet(arrival: Arrival, bytes: Uint8Array): void {
    try {
      const first = parseFirst(parseMessage(bytes))
      if ('resume' in first) this.#resume(arrival, first.resume)
      else this.#begin(arrival, first.hello)
    } catch (error) {
      if (!(error instanceof JetwayError)) throw error
      this.#refuse(arrival, error)
    }
  }

  #begin({ carrier, principal, keyThumbprint, address }: Arrival, hello: Hello): void {
    const { limits, scheduler, renew, check, onStream, onEvent } = this.#options
    if (this.#draining !== null) throw new JetwayError('DRAINING')
    // Between its sign-in and its first message there was time for that to end.
    check(principal, null)
    this.#makeRoomFor(principal)
    const session = new TunnelSession({
      hello,
      principal,
      keyThumbprint,
      address,
      limits: limits.session,
      keepSeconds: limits.keepSeconds,
      scheduler,
      memory: this.#memory,
      renew,
      check,
      onStream,
      onClose: (error) => {
        this.#sessions.delete(session.id)
        onEvent({ kind: 'close', session, error })
      },
    })
    this.#sessions.set(session.id, session)
    onEvent({ kind: 'open', session, error: null })
    session.begin(carrier)
    this.#tickLater()
  }

  /** Every refusal looks the same: who has not got the session learns nothing of it, not even whether it is there. */
  #resume({ carrier, principal, keyThumbprint, address }: Arrival, resume: Resume): void {
    const session = this.#sessions.get(resume.session)
    if (!session?.accepts(resume, principal, keyThumbprint)) throw new JetwayError('SESSION_LOST')
    this.#options.check(principal, session.id)
    try {
      session.resume(carrier, resume, principal, address)
    } catch (error) {
      if (!(error instanceof JetwayError)) throw error
      session.close(error)
      return
    }
    this.#options.onEvent({ kind: 'resume', session, error: null })
  }

  #refuse({ carrier, principal, address }: Arrival, error: JetwayError): void {
    carrier.listener = { onMessage() {}, onClose() {} }
    carrier.close(error.code)
    this.#options.onEvent({ kind: 'refuse', session: null, principal, address, error })
  }

  /** A session of the same person that lost its client makes room for one that is there. */
  #makeRoomFor(principal: Principal): void {
    const limit = this.#options.limits.sessionsPerPerson
    const own = [...this.#sessions.values()].filter((session) => samePrincipal(session.principal, principal))
    if (own.length < limit) return
    const [oldest] = longestWaitingFirst(own)
    if (!oldest) throw new JetwayError('TOO_MANY_SESSIONS', { limit })
    oldest.close(new JetwayError('SESSION_LOST'))
  }

  #tick(): void {
    for (const session of this.#sessions.values()) session.tick()
    this.#keepWithinBudget()
    this.#cancelTick = null
    if (this.#sessions.size > 0) this.#tickLater()
  }

  #tickLater(): void {
    this.#cancelTick ??= this.#options.scheduler.after(tickMs, () => this.#tick())
  }

  #keepWithinBudget(): void {
    const waiting = longestWaitingFirst(this.#sessions.values())
    let bytes = waiting.reduce((sum, session) => sum + session.keptBytes, 0)
    for (const session of waiting) {
      if (bytes <= this.#options.limits.keepBytes) return
      bytes -= session.keptBytes
      session.close(new JetwayError('SESSION_LOST'))
    }
  }
}

function longestWaitingFirst(sessions: Iterable<TunnelSession>): TunnelSession[] {
  return [...sessions]
    .filter(({ detachedAt }) => detachedAt !== null)
    .sort((a, b) => (a.detachedAt as number) - (b.detachedAt as number))
}
