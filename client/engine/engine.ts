import { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { ControlParams, ControlResults, EngineStatus, EnvironmentStatus } from '#shared/ipc/control.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import type { Finding } from '#shared/ipc/finding.ts'
import type { WhoAmI } from '#shared/ipc/whoami.ts'
import { version } from '#shared/version.ts'
import { type Appearance, appearanceOf, offeredAppearance } from '../appearance.ts'
import type { MachineIdentity } from '../auth/machine/machine-identity.ts'
import type { TokenStore } from '../auth/token-store.ts'
import { type CompanyEnvironments, readCompanyFiles } from '../company/company-files.ts'
import { discover } from '../discovery.ts'
import { environmentNameFrom } from '../environment-name.ts'
import { EnvironmentFile, type SavedEnvironment } from '../environments.ts'
import { portTaken } from '../port-taken.ts'
import { Environment } from './environment.ts'
import { namedAuthorities } from './named-authorities.ts'
import type { SignInWay } from './person-sign-in.ts'
import { portsOf, serviceAt, withPorts } from './port-plan.ts'
import { recoverSignIns } from './recover-sign-ins.ts'
import type { Show } from './signing-in.ts'
import { watchSurroundings } from './surroundings.ts'
import { Watches } from './watches.ts'

/** Everything that runs on a person's machine: their environments, in one process, whoever steers it. */
export class Engine {
  readonly #file: EnvironmentFile
  readonly #store: TokenStore
  readonly #machine: MachineIdentity | null
  readonly #environments = new Map<string, Environment>()
  /** By environment: they outlive its being added anew. */
  readonly #watches = new Map<string, Watches>()
  readonly #watchers = new Set<(status: EngineStatus) => void>()
  readonly #stopWatching: () => void
  #company: CompanyEnvironments = { environments: [], problem: null }
  #changed = false

  private constructor(home: string, store: TokenStore, machine: MachineIdentity | null) {
    this.#file = new EnvironmentFile(home)
    this.#store = store
    this.#machine = machine
    this.#stopWatching = watchSurroundings(() => this.networkChanged())
  }

  /**
   * @param machine what this machine has to say who it is; null where a person signs in
   * @throws CONFIG_INVALID when the list of environments cannot be understood
   */
  static async start(
    home: string,
    store: TokenStore,
    machine: MachineIdentity | null = null,
  ): Promise<Engine> {
    const engine = new Engine(home, store, machine)
    for (const saved of await engine.#file.read()) await engine.#begin(saved)
    await engine.readOffers()
    return engine
  }

  /** Reads what the company proposes: it may have come since. */
  async readOffers(): Promise<void> {
    const before = JSON.stringify(this.status())
    this.#company = await readCompanyFiles()
    if (JSON.stringify(this.status()) !== before) this.#notify()
  }

  status(): EngineStatus {
    return {
      version,
      pid: process.pid,
      tokenStore: this.#store.kind,
      tokenStoreProblem: this.#store.problem && problemOf(this.#store.problem),
      environments: [...this.#environments.values()].map((environment) => environment.status()),
      offers: this.#company.environments
        .filter(({ relayUrl }) => this.#environmentOf(relayUrl) === undefined)
        .map(({ name, relayUrl }) => ({ name, relayUrl })),
      offersProblem: this.#company.problem && problemOf(this.#company.problem),
    }
  }

  /** Calls `watcher` after each change, once a turn of the event loop; the returned function ends that. */
  watch(watcher: (status: EngineStatus) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** @throws RELAY_UNREACHABLE, RELAY_UNTRUSTED, NOT_A_RELAY, VERSION_UNSUPPORTED, COMPANY_FILE_INVALID, USAGE */
  async addEnvironment(params: ControlParams<'addEnvironment'>): Promise<EnvironmentStatus> {
    const relayUrl = new URL(params.relayUrl).origin
    await this.readOffers()
    const offer = this.#company.environments.find((one) => one.relayUrl === relayUrl)
    const known = this.#environmentOf(relayUrl)
    const ca = (await namedAuthorities(params.ca, offer?.ca)) ?? known?.saved.ca ?? null
    const document = await discover(relayUrl, ca)
    const name =
      known?.saved.name ?? this.#freeName(params.name ?? offer?.name ?? environmentNameFrom(document.name))
    const saved: SavedEnvironment = {
      name,
      relayUrl,
      ca,
      aws: known?.saved.aws ?? null,
      services: withPorts(document.services, {
        before: known?.saved.services ?? [],
        wanted: { ...offer?.ports, ...params.ports },
        taken: portsOf(this.#saved),
      }),
      ...(known ? appearanceOf(known.saved) : offeredAppearance(name, offer, this.#saved)),
    }
    // The same relay again, perhaps with another port or authority: what was there ends first.
    if (known) await known.close()
    const environment = await this.#begin(saved)
    await this.#save()
    return environment.status()
  }

  async removeEnvironment(name: string): Promise<void> {
    const environment = this.#get(name)
    await environment.signOut()
    await environment.close()
    this.#environments.delete(name)
    this.#watches.delete(name)
    await this.#save()
    this.#notify()
  }

  async signIn(name: string, show: Show, way: SignInWay): Promise<EnvironmentStatus> {
    const environment = this.#get(name)
    if (this.#store.problem) await this.#recoverSignIns()
    await environment.signIn(show, way)
    await this.#save()
    return environment.status()
  }

  cancelSignIn(name: string): void {
    this.#get(name).cancelSignIn()
  }

  async signOut(name: string): Promise<ControlResults['signOut']> {
    const environment = this.#get(name)
    const endSessionUrl = await environment.signOut()
    await this.#save()
    return { environment: environment.status(), endSessionUrl }
  }

  whoAmI(name: string): Promise<WhoAmI> {
    return this.#get(name).whoAmI()
  }

  async connect(name: string, show: Show, way: SignInWay): Promise<EnvironmentStatus> {
    const environment = this.#get(name)
    if (this.#store.problem) await this.#recoverSignIns()
    await environment.connect(show, way)
    return environment.status()
  }

  async disconnect(name: string): Promise<EnvironmentStatus> {
    const environment = this.#get(name)
    await environment.disconnect()
    return environment.status()
  }

  /** What goes through an environment, how its tunnel does, and what the person may do. @throws ENVIRONMENT_UNKNOWN */
  watchesOf(name: string): Watches {
    return this.#watchesOf(this.#get(name).saved.name)
  }

  /** Looks for what keeps an environment from working. Changes nothing. @throws ENVIRONMENT_UNKNOWN */
  async diagnose(name: string, tell: (finding: Finding) => void): Promise<Finding[]> {
    return this.#get(name).diagnose(tell)
  }

  /** Connections may be dead without knowing it. */
  networkChanged(): void {
    for (const environment of this.#environments.values()) environment.networkChanged()
  }

  /** @throws ENVIRONMENT_UNKNOWN */
  async setAppearance(name: string, appearance: Appearance): Promise<EnvironmentStatus> {
    const environment = this.#get(name)
    environment.setAppearance(appearance)
    await this.#save()
    return environment.status()
  }

  /** @throws PORT_TAKEN, ENVIRONMENT_UNKNOWN, SERVICE_UNKNOWN; nothing has changed then */
  async setPort(name: string, service: string, port: number): Promise<EnvironmentStatus> {
    const environment = this.#get(name)
    const found = environment.saved.services.find((one) => one.name === service)
    if (!found) throw new JetwayError('SERVICE_UNKNOWN', { service })
    const owner = serviceAt(this.#saved, port)
    if (owner !== null && owner !== `${service} of ${name}`)
      throw await portTaken(port, `${owner}, in Jetway`, portsOf(this.#saved))
    await environment.setPort({ ...found, localPort: port })
    await this.#save()
    return environment.status()
  }

  async stop(): Promise<void> {
    this.#stopWatching()
    await Promise.all([...this.#environments.values()].map((environment) => environment.close()))
    this.#environments.clear()
  }

  async #begin(saved: SavedEnvironment): Promise<Environment> {
    const environment = new Environment({
      saved,
      store: this.#store,
      machine: this.#machine,
      onChange: () => this.#notify(),
      onServices: (changed, services) => this.#learn(changed, services),
      // What is not kept is seen anew the next time.
      onAirflow: () => void this.#save().catch(() => {}),
      watches: this.#watchesOf(saved.name),
      reservedPorts: () => portsOf(this.#saved),
    })
    this.#environments.set(saved.name, environment)
    await environment.start()
    return environment
  }

  #recoverSignIns(): Promise<void> {
    return recoverSignIns(this.#store, () => this.#environments.values())
  }

  /** A relay may come to have other services; those that stay keep their ports. */
  #learn(environment: Environment, services: DiscoveryDocument['services']): void {
    const before = environment.saved.services
    const after = withPorts(services, { before, taken: portsOf(this.#saved) })
    if (JSON.stringify(before) === JSON.stringify(after)) return
    environment.setServices(after)
    void this.#save()
  }

  get #saved(): SavedEnvironment[] {
    return [...this.#environments.values()].map(({ saved }) => saved)
  }

  #environmentOf(relayUrl: string): Environment | undefined {
    return [...this.#environments.values()].find(({ saved }) => saved.relayUrl === relayUrl)
  }

  #freeName(wanted: string): string {
    let name = wanted
    for (let n = 2; this.#environments.has(name); n += 1) name = `${wanted}-${n}`
    return name
  }

  #get(name: string): Environment {
    const environment = this.#environments.get(name)
    if (!environment) throw new JetwayError('ENVIRONMENT_UNKNOWN', { environment: name })
    return environment
  }

  #watchesOf(name: string): Watches {
    const watches = this.#watches.get(name) ?? new Watches(name)
    this.#watches.set(name, watches)
    return watches
  }

  #save(): Promise<void> {
    return this.#file.write(this.#saved)
  }

  #notify(): void {
    if (this.#changed) return
    this.#changed = true
    setImmediate(() => {
      this.#changed = false
      const status = this.status()
      for (const watcher of this.#watchers) watcher(status)
    })
  }
}
