import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import type { ErrorCode } from '#shared/errors/table.ts'
import type { Access } from '#shared/ipc/access.ts'
import type { ConnectionState } from '#shared/ipc/control.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import type { SavedEnvironment } from '../environments.ts'
import { clockProblem, clocksOf } from '../network/clock.ts'
import { scheduler } from '../scheduler.ts'
import type { Tunnel } from '../tunnel.ts'
import type { LocalPorts } from './local-ports.ts'
import type { PersonSignIn } from './person-sign-in.ts'
import { reopen } from './reopen.ts'
import { openSignedInTunnel } from './signed-in-tunnel.ts'
import { Tunnels } from './tunnels.ts'
import { watchVersions } from './watch-versions.ts'
import type { Watches } from './watches.ts'

/** After these, connecting goes on with a sign-in. */
const takesSignIn: ReadonlySet<ErrorCode> = new Set(['SIGN_IN_REQUIRED', 'SIGN_IN_ENDED', 'SESSION_ENDED'])

export interface ConnectionOptions {
  /** As it is now. */
  readonly saved: () => Pick<SavedEnvironment, 'name' | 'relayUrl' | 'ca' | 'services'>
  readonly discover: () => Promise<DiscoveryDocument>
  readonly signIn: PersonSignIn
  readonly ports: LocalPorts
  readonly watches: Watches
  readonly onChange: () => void
  /** The relay has told which Airflow runs behind it. */
  readonly onAirflow: (told: Access['services']) => void
}

/** An environment's connection: its local ports in a tunnel, kept up as long as that is wanted. */
export class Connection {
  /** Why there is none, or what went wrong last; null once connected. */
  lastError: JetwayError | null = null
  readonly #options: ConnectionOptions
  readonly #tunnels = new Tunnels()
  #state: ConnectionState = 'disconnected'
  #present: { readonly since: Date; readonly relayVersion: string | null } | null = null
  /** What ends the present connection, or the attempts at one, or the wait for a taken port; null while none is wanted. */
  #wish: AbortController | null = null
  #connecting: Promise<void> | null = null
  #running: Promise<void> = Promise.resolve()
  /** Cuts the wait for the next attempt short. */
  #hurry: (() => void) | null = null

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** Since when it is there, and which Jetway the relay is, once it has told; null without one. */
  get present(): { readonly since: Date; readonly relayVersion: string | null } | null {
    return this.#present
  }

  /** Smoothed, in milliseconds; null where that is not known. */
  get roundTripMs(): number | null {
    return this.#tunnels.current?.traffic.roundTripMs ?? null
  }

  /**
   * Resolves when connected. From then on it is kept up until `disconnect`.
   *
   * @param signIn called where that is needed; `signal` ends it
   * @throws any code of discovery, sign-in, local port and tunnel
   */
  async connect(signIn: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.#state === 'connected') return
    this.#connecting ??= this.#connectFirst(signIn).finally(() => {
      this.#connecting = null
    })
    await this.#connecting
  }

  async disconnect(): Promise<void> {
    this.#wish?.abort()
    this.#wish = null
    await Promise.allSettled([this.#connecting, this.#running])
    this.lastError = null
    this.#change('disconnected')
  }

  /** The machine woke up, or is on another network: connections may be dead without knowing it. */
  networkChanged(): void {
    this.#tunnels.probe()
    this.#hurry?.()
  }

  /** The person has signed in anew: what is open goes on with that. */
  renew(): void {
    this.#tunnels.renew()
  }

  /** The relay hears of the ports at the beginning of a session, so there is another one. What is open goes on. */
  portsChanged(): void {
    if (this.lastError?.code === 'PORT_TAKEN') this.lastError = null
    this.#tunnels.current?.leave()
  }

  /** Ports are ours that another program had. Who waited for that is connected; nobody is sent to a sign-in page for it. */
  portsFreed(): void {
    this.portsChanged()
    if (this.#state !== 'disconnected' || this.#wish === null) return
    this.connect(async () => {
      throw new JetwayError('SIGN_IN_REQUIRED', { environment: this.#options.saved().name })
    }).catch(() => {})
  }

  async #connectFirst(signIn: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const wish = new AbortController()
    this.#wish = wish
    this.lastError = null
    this.#change('connecting')
    const signInNow = async () => {
      wish.signal.throwIfAborted()
      await signIn(wish.signal)
    }
    try {
      // Nobody is to sign in first and hear of a taken port then.
      await this.#options.ports.bind(this.#options.saved().services)
      if (!this.#options.signIn.signedIn) await signInNow()
      await this.#open(wish.signal).catch(async (error: unknown) => {
        if (!takesSignIn.has(asJetwayError(error).code)) throw error
        await signInNow()
        return this.#open(wish.signal)
      })
      this.#running = this.#keepUp(wish)
    } catch (error) {
      const known = asJetwayError(error)
      // A disconnect in the meantime is what the person wanted, not an error.
      if (wish.signal.aborted) throw new JetwayError('CLOSED')
      const waitsForPort = known.code === 'PORT_TAKEN' && this.#options.ports.bound().length === 0
      if (!waitsForPort) this.#wish = null
      this.lastError = known
      this.#change('disconnected')
      throw known
    }
  }

  /** A tunnel, with the local ports in it. */
  async #open(signal: AbortSignal): Promise<void> {
    const { discover, signIn, ports, saved, watches } = this.#options
    const document = await discover()
    const { ca, relayUrl, services } = saved()
    await ports.bind(services)
    const bound = ports.bound()
    const { tunnel, renewal } = await openSignedInTunnel(
      {
        carrierUrl: document.carrierUrl,
        ca,
        accessToken: (unlike) => signIn.accessToken(document, unlike),
        services: bound,
        listener: {
          onInterrupted: (interrupted, error) => this.#interrupted(interrupted, error),
          onResumed: (resumed) => this.#flows(resumed),
          onLeaving: (left, code) => this.#left(left, new JetwayError(code)),
          onChallenge: (challenge) => signIn.needStepUp(challenge),
        },
      },
      signal,
    ).catch(async (error: unknown) => {
      const known = asJetwayError(error)
      const { code } = known
      if (code === 'SESSION_ENDED') await signIn.wasEnded(known)
      if (code !== 'UNAUTHENTICATED' && code !== 'TOKEN_EXPIRED') throw error
      throw (await clockProblem(clocksOf(document, relayUrl), ca)) ?? error
    })
    if (signal.aborted || tunnel.isLeaving) {
      tunnel.close()
      throw new JetwayError(signal.aborted ? 'CLOSED' : 'DRAINING')
    }
    this.#tunnels.add(tunnel, renewal)
    watches.opened(tunnel, document.tells)
    if (document.tells) watchVersions(tunnel, (told) => this.#told(tunnel, told))
    void tunnel.closed.then((error) => this.#left(tunnel, error))
    this.#present = { since: new Date(), relayVersion: null }
    if (tunnel.isAttached) this.#flows(tunnel)
    // A port that was changed meanwhile is one that the relay does not know.
    if (JSON.stringify(bound) !== JSON.stringify(ports.bound())) tunnel.leave()
  }

  #flows(tunnel: Tunnel): void {
    if (!this.#tunnels.isCurrent(tunnel)) return
    this.lastError = null
    this.#options.ports.attach(tunnel)
    this.#change('connected')
  }

  #told(tunnel: Tunnel, { relayVersion = null, services }: Access): void {
    if (!this.#tunnels.isCurrent(tunnel) || this.#present === null) return
    this.#present = { ...this.#present, relayVersion }
    this.#options.onAirflow(services)
    this.#options.onChange()
  }

  /** Its carrier is gone, and it looks for another: connections that are open wait, and new ones too. */
  #interrupted(tunnel: Tunnel, error: JetwayError): void {
    if (!this.#tunnels.isCurrent(tunnel)) return
    this.lastError = error
    this.#change('reconnecting')
  }

  /** It takes no new connections: those that are open go on in it, or have ended. */
  #left(tunnel: Tunnel, error: JetwayError): void {
    this.#options.watches.left(tunnel)
    if (this.#tunnels.leave(tunnel)) this.lastError = error
  }

  /** Until the wish ends, or the reason for an end is one that trying again cannot mend. */
  async #keepUp(wish: AbortController): Promise<void> {
    while (!wish.signal.aborted) {
      await this.#tunnels.untilLeft(wish.signal)
      if (wish.signal.aborted) break
      this.#present = null
      this.#change('reconnecting')
      const isBack = await reopen({
        open: () => this.#open(wish.signal),
        onWait: (hurry) => {
          this.#hurry = hurry
        },
        onFailure: (error) => {
          this.lastError = error
          this.#options.onChange()
        },
        signal: wish.signal,
        scheduler,
        random: Math.random,
      })
      if (!isBack) break
    }
    this.#tunnels.close()
    this.#present = null
    if (this.#wish === wish) this.#wish = null
    this.#change('disconnected')
  }

  #change(state: ConnectionState): void {
    this.#state = state
    if (state !== 'connected') this.#options.ports.detach()
    this.#options.onChange()
  }
}
