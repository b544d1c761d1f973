import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Access } from '#shared/ipc/access.ts'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import type { TrafficSample } from '#shared/ipc/traffic.ts'
import { askAccess } from '../ask-relay.ts'
import type { Tunnel } from '../tunnel.ts'
import { ActivityWatch, type TellActivity } from './activity-watch.ts'
import { TrafficWatch } from './traffic-watch.ts'

/** Someone watches something. */
export interface Watch<T> {
  /** What was before. */
  readonly recent: Promise<readonly T[]>
  end(): void
}

/** What an environment's relay and its tunnels tell of it. Those who watch go on watching whatever becomes of a tunnel. */
export class Watches {
  readonly #environment: string
  readonly #activity = new ActivityWatch()
  readonly #traffic = new TrafficWatch()
  /** The tunnel for new connections, and whether its relay tells. */
  #current: { readonly tunnel: Tunnel; readonly tells: boolean } | null = null

  constructor(environment: string) {
    this.#environment = environment
  }

  /** @param tells whether its relay says in the session what goes through */
  opened(tunnel: Tunnel, tells: boolean): void {
    this.#current = { tunnel, tells }
    this.#traffic.attach(tunnel)
    void tunnel.closed.then(() => this.#traffic.detach(tunnel))
    if (tells) this.#activity.attach(tunnel)
  }

  /** It takes no new connections, or is over. */
  left(tunnel: Tunnel): void {
    if (this.#current?.tunnel !== tunnel) return
    this.#current = null
    this.#activity.detach()
  }

  /** @throws NOT_CONNECTED, NOT_TOLD, and as `askAccess` */
  async access(): Promise<Access> {
    if (!this.#current?.tunnel.isAttached)
      throw new JetwayError('NOT_CONNECTED', { environment: this.#environment })
    this.#expectToBeTold()
    return askAccess(this.#current.tunnel)
  }

  /** @throws NOT_TOLD */
  watchActivity(tell: TellActivity): Watch<ActivityEntry> {
    this.#expectToBeTold()
    return this.#activity.watch(tell)
  }

  watchTraffic(tell: (sample: TrafficSample) => void): Watch<TrafficSample> {
    return this.#traffic.watch(tell)
  }

  #expectToBeTold(): void {
    if (this.#current?.tells === false) throw new JetwayError('NOT_TOLD', { environment: this.#environment })
  }
}
