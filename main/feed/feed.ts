import { asJetwayError } from '#shared/errors/jetway-error.ts'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import type { ControlNotifications, EnvironmentStatus } from '#shared/ipc/control.ts'
import type { TrafficSample } from '#shared/ipc/traffic.ts'
import type { EngineSupervisor } from '../engine/supervisor.ts'
import { log } from '../logs/log.ts'
import { Denials } from './denials.ts'
import { RecentDags } from './recent-dags.ts'

/** What goes on to the window. */
export type Told = Pick<ControlNotifications, 'activity' | 'traffic' | 'finding'>

export interface FeedOptions {
  readonly request: EngineSupervisor['request']
  /** Tells the window, where there is one. */
  readonly tell: <N extends keyof Told>(name: N, told: Told[N]) => void
  readonly onRecentDags: () => void
}

/**
 * What the engine tells between its statuses. The window gets it only while it watches; activity comes in from every
 * environment that is connected, since the tray's recent DAGs are made of it.
 */
export class Feed {
  readonly recentDags = new RecentDags()
  readonly denials = new Denials()
  readonly #options: FeedOptions
  /** Environments whose activity comes in. */
  readonly #connected = new Set<string>()
  /** What the window watches. */
  #activityOf: string | null = null
  #trafficOf: string | null = null

  constructor(options: FeedOptions) {
    this.#options = options
  }

  readonly told: { readonly [N in keyof Told]: (told: Told[N]) => void } = {
    activity: (told) => {
      this.#remember(told.environment, told.entries)
      if (told.environment === this.#activityOf) this.#options.tell('activity', told)
    },
    traffic: (told) => {
      if (told.environment === this.#trafficOf) this.#options.tell('traffic', told)
    },
    finding: (told) => this.#options.tell('finding', told),
  }

  /** Another engine, which knows of nobody who watches. */
  attached(): void {
    this.#connected.clear()
    if (this.#trafficOf !== null) this.#ask('watchTraffic', this.#trafficOf)
  }

  /** Watches what has come to be connected. */
  follow(environments: readonly EnvironmentStatus[]): void {
    const names = new Set(environments.map(({ name }) => name))
    this.recentDags.keepOnly(names)
    this.denials.keepOnly(names)
    for (const { name, state } of environments) {
      if (state !== 'connected') this.#connected.delete(name)
      else if (!this.#connected.has(name)) {
        this.#connected.add(name)
        void this.#watch(name).catch((error: unknown) =>
          log('watch-failed', { environment: name, code: asJetwayError(error).code }),
        )
      }
    }
  }

  async watchActivity(environment: string): Promise<readonly ActivityEntry[]> {
    this.#activityOf = environment
    return this.#watch(environment)
  }

  unwatchActivity(environment: string): void {
    if (this.#activityOf === environment) this.#activityOf = null
  }

  async watchTraffic(environment: string): Promise<readonly TrafficSample[]> {
    if (this.#trafficOf !== null && this.#trafficOf !== environment) this.unwatchTraffic(this.#trafficOf)
    this.#trafficOf = environment
    return this.#options.request('watchTraffic', { environment })
  }

  unwatchTraffic(environment: string): void {
    if (this.#trafficOf !== environment) return
    this.#trafficOf = null
    this.#ask('unwatchTraffic', environment)
  }

  /** Nobody looks any more. */
  windowGone(): void {
    this.#activityOf = null
    if (this.#trafficOf !== null) this.unwatchTraffic(this.#trafficOf)
  }

  async #watch(environment: string): Promise<readonly ActivityEntry[]> {
    const entries = await this.#options.request('watchActivity', { environment })
    this.#remember(environment, entries)
    return entries
  }

  #remember(environment: string, entries: readonly ActivityEntry[]): void {
    this.denials.add(environment, entries)
    if (this.recentDags.add(environment, entries)) this.#options.onRecentDags()
  }

  #ask(method: 'watchTraffic' | 'unwatchTraffic', environment: string): void {
    this.#options
      .request(method, { environment })
      .catch((error: unknown) => log('watch-failed', { environment, code: asJetwayError(error).code }))
  }
}
