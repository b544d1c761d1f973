import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { Access } from '#shared/ipc/access.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
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
import { sawAirflow, shownAirflow } from './airflow-seen.ts'
import { Connection } from './connection.ts'
import { LocalPorts } from './local-ports.ts'
import { PersonSignIn, type SignInWay } from './person-sign-in.ts'
import type { Show } from './signing-in.ts'
import type { Watches } from './watches.ts'
import { withAccessToken } from './with-access-token.ts'

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

/** One environment: what is known of it, who signs in to it, its local ports, and its connection. */
export class Environment {
  readonly #options: EnvironmentOptions
  readonly #signIn: PersonSignIn
  readonly #ports: LocalPorts
  readonly #connection: Connection
  #saved: SavedEnvironment

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
      onSignedIn: () => this.#connection.renew(),
    })
    this.#ports = new LocalPorts({
      detached: () => ({
        waiting: this.#connection.state !== 'disconnected',
        problem: problemOf(
          this.#connection.lastError ??
            new JetwayError(this.#signIn.signingIn ? 'SIGN_IN_REQUIRED' : 'NOT_CONNECTED', { environment }),
        ),
      }),
      reserved: options.reservedPorts,
      onFreed: () => {
        this.#connection.portsFreed()
        options.onChange()
      },
    })
    this.#connection = new Connection({
      saved: () => this.#saved,
      discover: () => this.#discover(),
      signIn: this.#signIn,
      ports: this.#ports,
      watches: options.watches,
      onChange: options.onChange,
      onAirflow: (told) => this.#sawAirflow(told),
    })
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
      this.#connection.lastError = asJetwayError(error)
    }
    this.#options.onChange()
  }

  status(): EnvironmentStatus {
    const { name, relayUrl, services, color, production } = this.#saved
    const { state, lastError, present } = this.#connection
    return {
      name,
      relayUrl,
      state,
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
      lastError: lastError && problemOf(lastError),
      connectedSince: present?.since.toISOString() ?? null,
      signInEnds: this.#signIn.ends?.toISOString() ?? null,
      relayVersion: present?.relayVersion ?? null,
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
        roundTripMs: this.#connection.roundTripMs,
        reservedPorts: reservedPorts(),
        env: process.env,
      },
      tell,
    )
  }

  /** Joins a sign-in that is under way, and cancels it when `signal` aborts. @throws as `PersonSignIn.signIn` */
  async signIn(show: Show, way: SignInWay, signal?: AbortSignal): Promise<void> {
    const cancel = () => this.cancelSignIn()
    signal?.addEventListener('abort', cancel)
    try {
      await this.#signIn.signIn(show, way)
      this.#connection.lastError = null
    } catch (error) {
      this.#connection.lastError = asJetwayError(error)
      throw error
    } finally {
      signal?.removeEventListener('abort', cancel)
      this.#options.onChange()
    }
  }

  /** A keychain answers that did not until now. */
  restoreSignIn(): Promise<void> {
    return this.#signIn.restore()
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
    this.#connection.networkChanged()
  }

  cancelSignIn(): void {
    this.#signIn.cancel()
  }

  /** @returns where a browser ends the provider's session as well; null where that cannot be done */
  async signOut(): Promise<string | null> {
    this.cancelSignIn()
    await this.disconnect()
    const endSessionUrl = await this.#signIn.signOut()
    this.#connection.lastError = null
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
    await this.#connection.connect((signal) => this.signIn(show, way, signal))
  }

  disconnect(): Promise<void> {
    return this.#connection.disconnect()
  }

  async close(): Promise<void> {
    this.cancelSignIn()
    await this.disconnect()
    await this.#signIn.close()
    await this.#ports.close()
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
  }

  setAppearance(appearance: Appearance): void {
    this.#saved = { ...this.#saved, ...appearance }
    this.#options.onChange()
  }

  /** Gives a service another local port. What is open goes on, but for connections to the port before. @throws PORT_TAKEN */
  async setPort(service: SavedEnvironment['services'][number]): Promise<void> {
    await this.#ports.move(service)
    this.setServices(this.#saved.services.map((other) => (other.name === service.name ? service : other)))
    this.#connection.portsChanged()
    this.#options.onChange()
  }

  /** The services as they are now, each with its local port. */
  setServices(services: SavedEnvironment['services']): void {
    this.#saved = { ...this.#saved, services }
  }
}
