import { asJetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { ErrorCode } from '#shared/errors/table.ts'
import type { ControlNotifications, EnvironmentStatus } from '#shared/ipc/control.ts'
import type { DesktopState, RequestsKnown } from '#shared/ipc/desktop.ts'
import type { EngineSupervisor } from '../engine/supervisor.ts'
import { log } from '../logs/log.ts'

type ByEnvironment = DesktopState['accessRequests']

export interface RequestsFeedOptions {
  readonly request: EngineSupervisor['request']
  readonly onChange: (known: ByEnvironment) => void
  /** After how many milliseconds it is asked once more, where that failed. */
  readonly againMs: number
}

/** From relays of before there were requests, and from those that tell nothing at all. */
const noneCodes: ReadonlySet<ErrorCode> = new Set(['NO_ACCESS_REQUESTS', 'NOT_TOLD'])
/** After these the engine tells by itself, once there is something to tell. */
const laterCodes: ReadonlySet<ErrorCode> = new Set(['NOT_CONNECTED', 'ENGINE_NOT_RUNNING'])

/** The requests for access of every environment that is connected. */
export class RequestsFeed {
  readonly #options: RequestsFeedOptions
  /** Environments whose requests come in. */
  readonly #watched = new Set<string>()
  #known: ByEnvironment = {}

  constructor(options: RequestsFeedOptions) {
    this.#options = options
  }

  /** Another engine, which knows of nobody who watches. */
  attached(): void {
    this.#watched.clear()
  }

  /** Watches what has come to be connected, and forgets what no decision can reach. */
  follow(environments: readonly EnvironmentStatus[]): void {
    const states = new Map(environments.map(({ name, state }) => [name, state]))
    const inReach = Object.entries(this.#known).filter(([name]) => {
      const state = states.get(name)
      return state === 'connected' || state === 'reconnecting'
    })
    if (inReach.length < Object.keys(this.#known).length) this.#show(Object.fromEntries(inReach))
    for (const name of this.#watched) if (states.get(name) !== 'connected') this.#watched.delete(name)
    for (const [name, state] of states) {
      if (state !== 'connected' || this.#watched.has(name)) continue
      this.#watched.add(name)
      void this.watch(name)
    }
  }

  /** Asks, once more where that failed; what comes of it is shown. */
  async watch(environment: string): Promise<void> {
    const known = await this.#ask(environment)
    if (known !== null && this.#watched.has(environment)) this.#learn(environment, known)
  }

  told({ environment, requests }: ControlNotifications['accessRequests']): void {
    if (this.#watched.has(environment)) this.#learn(environment, { kind: 'known', requests })
  }

  async #ask(environment: string): Promise<RequestsKnown | null> {
    try {
      return { kind: 'known', requests: await this.#options.request('watchAccessRequests', { environment }) }
    } catch (error) {
      const failure = asJetwayError(error)
      if (laterCodes.has(failure.code)) return null
      if (noneCodes.has(failure.code)) return { kind: 'none' }
      log('watch-failed', { environment, code: failure.code })
      this.#askLater(environment)
      return { kind: 'failed', problem: problemOf(failure) }
    }
  }

  #askLater(environment: string): void {
    const again = (): void => {
      if (this.#watched.has(environment) && this.#known[environment]?.kind === 'failed')
        void this.watch(environment)
    }
    setTimeout(again, this.#options.againMs).unref()
  }

  #learn(environment: string, known: RequestsKnown): void {
    this.#show({ ...this.#known, [environment]: known })
  }

  #show(known: ByEnvironment): void {
    this.#known = known
    this.#options.onChange(known)
  }
}
