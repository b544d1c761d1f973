import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStore, type TokenStore } from '#client/auth/token-store.ts'
import { Engine } from '#client/engine/engine.ts'
import type { Show } from '#client/engine/signing-in.ts'
import type { EnvironmentStatus, ServiceStatus } from '#shared/ipc/control.ts'
import { signInOverHttp } from '../../demo/sign-in-over-http.ts'

/** An engine in this process, with a folder of its own. What it says of an environment is of the one that it knows. */
export interface OwnEngine {
  /** The one that runs now. */
  readonly engine: Engine
  /** Its JETWAY_HOME. */
  readonly home: string
  /** What it keeps sign-ins in. */
  readonly store: TokenStore
  status(): EnvironmentStatus
  service(name?: string): ServiceStatus
  /** As `user`, who signs in at the demo's provider when there is a page to sign in at. */
  connect(user: string): Promise<EnvironmentStatus>
  /** @param o with another store, and what happens in between */
  restart(o?: { store?: TokenStore; meanwhile?: () => Promise<unknown> }): Promise<void>
  close(): Promise<void>
}

/** A sign-in as most are: in this machine's browser, and one that is there is good enough. */
export const plainWay = { device: false, fresh: false } as const

export async function startOwnEngine(first: TokenStore = memoryStore(null)): Promise<OwnEngine> {
  const home = await mkdtemp(join(tmpdir(), 'engine-'))
  let store = first
  let engine = await Engine.start(home, store)
  const status = () => {
    const [environment] = engine.status().environments
    if (environment === undefined) throw new Error('no environment')
    return environment
  }
  return {
    home,
    status,
    get store() {
      return store
    },
    get engine() {
      return engine
    },
    service(name = 'airflow') {
      const found = status().services.find((service) => service.name === name)
      if (found === undefined) throw new Error(`no service ${name}`)
      return found
    },
    connect: (user) => engine.connect(status().name, inBrowser(user), plainWay),
    async restart(o = {}) {
      await engine.stop()
      await o.meanwhile?.()
      store = o.store ?? store
      engine = await Engine.start(home, store)
    },
    async close() {
      await engine.stop()
      await rm(home, { recursive: true })
    },
  }
}

/** Signs `user` in at the page of the demo's provider. */
export const inBrowser =
  (user: string): Show =>
  (page) => {
    if (page.kind === 'browser') void signInOverHttp(page.url, user)
  }
