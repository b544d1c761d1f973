import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { ControlParams, ControlResults, EngineStatus, EnvironmentStatus } from '#shared/ipc/control.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import type { WhoAmI } from '#shared/ipc/whoami.ts'
import { version } from '#shared/version.ts'
import type { MachineIdentity } from '../auth/machine/machine-identity.ts'
import type { TokenStore } from '../auth/token-store.ts'
import { discover } from '../discovery.ts'
import { EnvironmentFile, type SavedEnvironment } from '../environments.ts'
import { Environment } from './environment.ts'
import type { SignInWay } from './person-sign-in.ts'
import type { Show } from './signing-in.ts'
import { watchSurroundings } from './surroundings.ts'

/** Everything that runs on a person's machine: their environments, in one process, whoever steers it. */
export class Engine {
  readonly #file: EnvironmentFile
  readonly #store: TokenStore
  readonly #machine: MachineIdentity | null
  readonly #environments = new Map<string, Environment>()
  readonly #watchers = new Set<(status: EngineStatus) => void>()
  readonly #stopWatching: () => void
  #changed = false

  private constructor(home: string, store: TokenStore, machine: MachineIdentity | null) {
    this.#file = new EnvironmentFile(home)
    this.#store = store
    this.#machine = machine
    this.#stopWatching = watchSurroundings(() => {
      for (const environment of this.#environments.values()) environment.networkChanged()
    })
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
    return engine
  }

  status(): EngineStatus {
    return {
      version,
      pid: process.pid,
      tokenStore: this.#store.kind,
      tokenStoreProblem: this.#store.problem && problemOf(this.#store.problem),
      environments: [...this.#environments.values()].map((environment) => environment.status()),
    }
  }

  /** Calls `watcher` after each change, once a turn of the event loop; the returned function ends that. */
  watch(watcher: (status: EngineStatus) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** @throws RELAY_UNREACHABLE, RELAY_UNTRUSTED, NOT_A_RELAY, VERSION_UNSUPPORTED, USAGE */
  async addEnvironment(params: ControlParams<'addEnvironment'>): Promise<EnvironmentStatus> {
    const relayUrl = new URL(params.relayUrl).origin
    const ca = params.ca === undefined ? null : await readAuthorities(params.ca)
    const document = await discover(relayUrl, ca)
    const known = [...this.#environments.values()].find(({ saved }) => saved.relayUrl === relayUrl)
    const saved: SavedEnvironment = {
      name: known?.saved.name ?? this.#freeName(params.name ?? document.name),
      relayUrl,
      ca,
      aws: known?.saved.aws ?? null,
      services: this.#withPorts(document.services, known?.saved.services ?? [], params.ports ?? {}),
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
    await this.#save()
    this.#notify()
  }

  async signIn(name: string, show: Show, way: SignInWay): Promise<EnvironmentStatus> {
    const environment = this.#get(name)
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
    await environment.connect(show, way)
    return environment.status()
  }

  async disconnect(name: string): Promise<EnvironmentStatus> {
    const environment = this.#get(name)
    await environment.disconnect()
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
    })
    this.#environments.set(saved.name, environment)
    await environment.start()
    return environment
  }

  /** A relay may come to have other services; those that stay keep their ports. */
  #learn(environment: Environment, services: DiscoveryDocument['services']): void {
    const before = environment.saved.services
    const after = this.#withPorts(services, before, {})
    if (JSON.stringify(before) === JSON.stringify(after)) return
    environment.setServices(after)
    void this.#save()
  }

  /** A port that another environment has is not proposed again: the next one is. */
  #withPorts(
    services: DiscoveryDocument['services'],
    before: SavedEnvironment['services'],
    wanted: Readonly<Record<string, number>>,
  ): SavedEnvironment['services'] {
    const mine = new Set(before.map(({ localPort }) => localPort))
    const taken = new Set(
      [...this.#environments.values()].flatMap(({ saved }) =>
        saved.services.map(({ localPort }) => localPort),
      ),
    )
    return services.map(({ name, type, localPort }) => {
      let port = wanted[name] ?? before.find((service) => service.name === name)?.localPort ?? localPort
      while (taken.has(port) && !mine.has(port)) port += 1
      taken.add(port)
      mine.delete(port)
      return { name, type, localPort: port }
    })
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

  #save(): Promise<void> {
    return this.#file.write([...this.#environments.values()].map(({ saved }) => saved))
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

async function readAuthorities(path: string): Promise<string> {
  try {
    const pem = await readFile(resolve(path), 'utf8')
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem
  } catch (error) {
    throw asJetwayError(error, 'USAGE', { reason: `${path} cannot be read.` })
  }
  throw new JetwayError('USAGE', { reason: `${path} holds no certificate in PEM form.` })
}
