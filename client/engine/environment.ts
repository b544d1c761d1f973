import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { ErrorCode } from '#shared/errors/table.ts'
import type { Access } from '#shared/ipc/access.ts'
import type { ConnectionState, EnvironmentStatus } from '#shared/ipc/control.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import type { Finding } from '#shared/ipc/finding.ts'
import type { WhoAmI } from '#shared/ipc/whoami.ts'
import type { Appearance } from '../appearance.ts'
import type { MachineIdentity } from '../auth/machine/machine-identity.ts'
import type { TokenStore } from '../auth/token-store.ts'
import { askWhoAmI } from '../auth/whoami.ts'
import { discover } from '../discovery.ts'
import { diagnose } from '../doctor/diagnose.ts'
import type { SavedEnvironment } from '../environments.ts'
import { clockProblem, clocksOf } from '../network/clock.ts'
import { scheduler } from '../scheduler.ts'
import type { Tunnel } from '../tunnel.ts'
import { sawAirflow, shownAirflow } from './airflow-seen.ts'
import { LocalPorts } from './local-ports.ts'
import { PersonSignIn, type SignInWay } from './person-sign-in.ts'
import { reopen } from './reopen.ts'
import { openSignedInTunnel } from './signed-in-tunnel.ts'
import type { Show } from './signing-in.ts'
import { Tunnels } from './tunnels.ts'
import { watchAirflow } from './watch-airflow.ts'
import type { Watches } from './watches.ts'
import { withAccessToken } from './with-access-token.ts'

/** After these, connecting goes on with a sign-in. */
const takesSignIn: ReadonlySet<ErrorCode> = new Set(['SIGN_IN_REQUIRED', 'SIGN_IN_ENDED', 'SESSION_ENDED'])

export interface EnvironmentOptions {
  readonly saved: SavedEnvironment
  readonly store: TokenStore
  /** Null for a person, who signs in. */
  readonly machine: MachineIdentity | null
  readonly onChange: () => void
  /** The relay named other services than before. */
  readonly onServices: (environment: Environment, services: DiscoveryDocument['services']) => void
  /** What was seen of its Airflow has changed. */
  readonly onAirflow: () => void
  /** Who watches what goes through it. */
  readonly watches: Watches
  /** Local ports that are not to be suggested in the place of a taken one. */
  readonly reservedPorts: () => ReadonlySet<number>
}

/** One environment at work: its sign-in, its local ports, and its tunnel, kept up as long as that is wanted. */
export class Environment {
  readonly #options: EnvironmentOptions
  readonly #signIn: PersonSignIn
  readonly #ports: LocalPorts
  readonly #tunnels = new Tunnels()
  #saved: SavedEnvironment
  #state: ConnectionState = 'disconnected'
  #lastError: JetwayError | null = null
  #connectedSince: Date | null = null
  /** What ends the present connection, or the attempts at one; null while none is wanted. */
  #wish: AbortController | null = null
  #connecting: Promise<void> | null = null
  #running: Promise<void> = Promise.resolve()
  /** Cuts the wait for the next attempt short. */
  #hurry: (() => void) | null = null

  constructor(options: EnvironmentOptions) {
    this.#options = options
    this.#saved = options.saved
    const environment = options.saved.name
    this.#signIn = new PersonSignIn({
      environment,
      account: options.saved.relayUrl,
      store: options.store,
      aws: options.saved.aws,
      machine: options.machine,
      discover: () => this.#discover(),
      ca: () => this.#saved.ca,
      onChange: options.onChange,
      onSignedIn: () => this.#tunnels.renew(),
    })
    this.#ports = new LocalPorts(
      () => ({
        waiting: this.#state !== 'disconnected',
        problem: problemOf(
          this.#lastError ??
            new JetwayError(this.#signIn.signingIn ? 'SIGN_IN_REQUIRED' : 'NOT_CONNECTED', { environment }),
        ),
      }),
      options.reservedPorts,
    )
  }

  get saved(): SavedEnvironment {
    return { ...this.#saved, aws: this.#signIn.aws }
  }

  /** Reads the sign-in that was kept and takes the local ports. What fails is in the status. */
  async start(): Promise<void> {
    try {
      await this.#signIn.load()
      await this.#ports.bind(this.#saved.services)
    } catch (error) {
      this.#lastError = asJetwayError(error)
    }
    this.#options.onChange()
  }

  status(): EnvironmentStatus {
    const { name, relayUrl, services, color, production } = this.#saved
    return {
      name,
      relayUrl,
      state: this.#state,
      signedIn: this.#signIn.signedIn,
      signingIn: this.#signIn.signingIn,
      stepUp: this.#signIn.stepUp,
      person: this.#signIn.person,
      services: services.map((service) => ({
        name: service.name,
        type: service.type,
        localPort: service.localPort,
        localUrl: this.#ports.urlOf(service),
        taken: this.#ports.takenBy(service),
        airflow: shownAirflow(service.airflow, new Date()),
      })),
      lastError: this.#lastError && problemOf(this.#lastError),
      connectedSince: this.#connectedSince?.toISOString() ?? null,
      signInEnds: this.#signIn.ends?.toISOString() ?? null,
      color,
      production,
    }
  }

  /** Looks for what keeps it from working. Changes nothing. */
  diagnose(tell: (finding: Finding) => void): Promise<Finding[]> {
    const { store, reservedPorts } = this.#options
    return diagnose(
      {
        status: this.status(),
        ca: this.#saved.ca,
        store,
        roundTripMs: this.#tunnels.current?.traffic.roundTripMs ?? null,
        reservedPorts: reservedPorts(),
        env: process.env,
      },
      tell,
    )
  }

  /** Joins a sign-in that is under way. @throws as `PersonSignIn.signIn` */
  async signIn(show: Show, way: SignInWay): Promise<void> {
    try {
      await this.#signIn.signIn(show, way)
      this.#lastError = null
    } catch (error) {
      this.#lastError = asJetwayError(error)
      throw error
    } finally {
      this.#options.onChange()
    }
  }

  /** Whom the relay takes the person, or this machine, for. @throws SIGN_IN_REQUIRED, and as `askWhoAmI` and `accessToken` */
  async whoAmI(): Promise<WhoAmI> {
    const document = await this.#discover()
    const { relayUrl, ca } = this.#saved
    return withAccessToken(
      (unlike) => this.#signIn.accessToken(document, unlike),
      ({ token, key = null }) => askWhoAmI({ relayUrl, ca, token, key }),
    )
  }

  /** The machine woke up, or is on another network: connections may be dead without knowing it. */
  networkChanged(): void {
    this.#tunnels.probe()
    this.#hurry?.()
  }

  cancelSignIn(): void {
    this.#signIn.cancel()
  }

  /** @returns where a browser ends the provider's session as well; null where that cannot be done */
  async signOut(): Promise<string | null> {
    this.cancelSignIn()
    await this.disconnect()
    const endSessionUrl = await this.#signIn.signOut()
    this.#lastError = null
    this.#options.onChange()
    return endSessionUrl
  }

  /**
   * Signs in where that is needed; resolves when connected. From then on the connection is kept up until
   * `disconnect`.
   *
   * @throws any code of discovery, sign-in, local port and tunnel
   */
  async connect(show: Show, way: SignInWay): Promise<void> {
    if (this.#state === 'connected') return
    this.#connecting ??= this.#connectFirst((wish) => this.#signInFor(wish, show, way)).finally(() => {
      this.#connecting = null
    })
    await this.#connecting
  }

  async disconnect(): Promise<void> {
    this.#wish?.abort()
    this.#wish = null
    await Promise.allSettled([this.#connecting, this.#running])
    this.#lastError = null
    this.#change('disconnected')
  }

  async close(): Promise<void> {
    this.cancelSignIn()
    await this.disconnect()
    await this.#signIn.close()
    await this.#ports.close()
  }

  async #connectFirst(signIn: (wish: AbortController) => Promise<void>): Promise<void> {
    const wish = new AbortController()
    this.#wish = wish
    this.#lastError = null
    this.#change('connecting')
    try {
      // Nobody is to sign in first and hear of a taken port then.
      await this.#ports.bind(this.#saved.services)
      if (!this.#signIn.signedIn) await signIn(wish)
      await this.#open(wish.signal).catch(async (error: unknown) => {
        if (!takesSignIn.has(asJetwayError(error).code)) throw error
        await signIn(wish)
        return this.#open(wish.signal)
      })
      this.#running = this.#keepUp(wish)
    } catch (error) {
      const known = asJetwayError(error)
      // A disconnect in the meantime is what the person wanted, not an error.
      if (wish.signal.aborted) throw new JetwayError('CLOSED')
      this.#wish = null
      this.#lastError = known
      this.#change('disconnected')
      throw known
    }
  }

  async #signInFor(wish: AbortController, show: Show, way: SignInWay): Promise<void> {
    wish.signal.throwIfAborted()
    const cancel = () => this.cancelSignIn()
    wish.signal.addEventListener('abort', cancel)
    try {
      await this.signIn(show, way)
    } finally {
      wish.signal.removeEventListener('abort', cancel)
    }
  }

  /** A tunnel, with the local ports in it. */
  async #open(signal: AbortSignal): Promise<void> {
    const { ca } = this.#saved
    const document = await this.#discover()
    await this.#ports.bind(this.#saved.services)
    const services = this.#ports.bound()
    const { tunnel, renewal } = await openSignedInTunnel(
      {
        carrierUrl: document.carrierUrl,
        ca,
        accessToken: (unlike) => this.#signIn.accessToken(document, unlike),
        services,
        listener: {
          onInterrupted: (interrupted, error) => this.#interrupted(interrupted, error),
          onResumed: (resumed) => this.#flows(resumed),
          onLeaving: (left, code) => this.#left(left, new JetwayError(code)),
          onChallenge: (challenge) => this.#signIn.needStepUp(challenge),
        },
      },
      signal,
    ).catch(async (error: unknown) => {
      const known = asJetwayError(error)
      const { code } = known
      if (code === 'SESSION_ENDED') await this.#signIn.wasEnded(known)
      if (code !== 'UNAUTHENTICATED' && code !== 'TOKEN_EXPIRED') throw error
      throw (await clockProblem(clocksOf(document, this.#saved.relayUrl), ca)) ?? error
    })
    if (signal.aborted || tunnel.isLeaving) {
      tunnel.close()
      throw new JetwayError(signal.aborted ? 'CLOSED' : 'DRAINING')
    }
    this.#tunnels.add(tunnel, renewal)
    this.#options.watches.opened(tunnel, document.tells)
    if (document.tells) watchAirflow(tunnel, (told) => this.#sawAirflow(told))
    void tunnel.closed.then((error) => this.#left(tunnel, error))
    this.#connectedSince = new Date()
    if (tunnel.isAttached) this.#flows(tunnel)
    // A port that was changed meanwhile is one that the relay does not know.
    if (JSON.stringify(services) !== JSON.stringify(this.#ports.bound())) tunnel.leave()
  }

  #flows(tunnel: Tunnel): void {
    if (!this.#tunnels.isCurrent(tunnel)) return
    this.#lastError = null
    this.#ports.attach(tunnel)
    this.#change('connected')
  }

  /** Its carrier is gone, and it looks for another: connections that are open wait, and new ones too. */
  #interrupted(tunnel: Tunnel, error: JetwayError): void {
    if (!this.#tunnels.isCurrent(tunnel)) return
    this.#lastError = error
    this.#change('reconnecting')
  }

  /** It takes no new connections: those that are open go on in it, or have ended. */
  #left(tunnel: Tunnel, error: JetwayError): void {
    this.#options.watches.left(tunnel)
    if (this.#tunnels.leave(tunnel)) this.#lastError = error
  }

  /** Until the wish ends, or the reason for an end is one that trying again cannot mend. */
  async #keepUp(wish: AbortController): Promise<void> {
    while (!wish.signal.aborted) {
      await this.#tunnels.untilLeft(wish.signal)
      if (wish.signal.aborted) break
      this.#connectedSince = null
      this.#change('reconnecting')
      if (!(await this.#reopen(wish.signal))) break
    }
    this.#tunnels.close()
    this.#connectedSince = null
    if (this.#wish === wish) this.#wish = null
    this.#change('disconnected')
  }

  /** @returns whether there is a tunnel again */
  #reopen(signal: AbortSignal): Promise<boolean> {
    return reopen({
      open: () => this.#open(signal),
      onWait: (hurry) => {
        this.#hurry = hurry
      },
      onFailure: (error) => {
        this.#lastError = error
        this.#options.onChange()
      },
      signal,
      scheduler,
      random: Math.random,
    })
  }

  async #discover(): Promise<DiscoveryDocument> {
    const document = await discover(this.#saved.relayUrl, this.#saved.ca)
    this.#options.onServices(this, document.services)
    return document
  }

  #sawAirflow(told: Access['services']): void {
    const services = sawAirflow(this.#saved.services, told, new Date())
    if (services === this.#saved.services) return
    this.setServices(services)
    this.#options.onAirflow()
    this.#options.onChange()
  }

  setAppearance(appearance: Appearance): void {
    this.#saved = { ...this.#saved, ...appearance }
    this.#options.onChange()
  }

  /** Gives a service another local port. What is open goes on, but for connections to the port before. @throws PORT_TAKEN */
  async setPort(service: SavedEnvironment['services'][number]): Promise<void> {
    await this.#ports.move(service)
    this.setServices(this.#saved.services.map((other) => (other.name === service.name ? service : other)))
    if (this.#lastError?.code === 'PORT_TAKEN') this.#lastError = null
    // The relay hears of the ports at the beginning of a session.
    this.#tunnels.current?.leave()
    this.#options.onChange()
  }

  /** The services as they are now, each with its local port. */
  setServices(services: SavedEnvironment['services']): void {
    this.#saved = { ...this.#saved, services }
  }

  #change(state: ConnectionState): void {
    this.#state = state
    if (state !== 'connected') this.#ports.detach()
    this.#options.onChange()
  }
}
