import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Access } from '#shared/ipc/access.ts'
import type {
  AccessRequest,
  AccessRequestAsk,
  AccessRequestDecision,
  AccessRequests,
} from '#shared/ipc/access-requests.ts'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import type { TrafficSample } from '#shared/ipc/traffic.ts'
import { askAccess, changeAccessRequest } from '../ask-relay.ts'
import type { Tunnel } from '../tunnel.ts'
import { AccessRequestWatch, type TellAccessRequests } from './access-request-watch.ts'
import { ActivityWatch, type TellActivity } from './activity-watch.ts'
import { TrafficWatch } from './traffic-watch.ts'

/** Someone watches something. */
export interface Watch<T> {
  /** What was before. */
  readonly recent: Promise<T>
  end(): void
}

/** What an environment's relay and its tunnels tell of it. Those who watch go on watching whatever becomes of a tunnel. */
export class Watches {
  readonly #environment: string
  readonly #activity = new ActivityWatch()
  readonly #traffic = new TrafficWatch()
  readonly #accessRequests = new AccessRequestWatch()
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
    if (!tells) return
    this.#activity.attach(tunnel)
    this.#accessRequests.attach(tunnel)
  }

  /** It takes no new connections, or is over. */
  left(tunnel: Tunnel): void {
    if (this.#current?.tunnel !== tunnel) return
    this.#current = null
    this.#activity.detach()
    this.#accessRequests.detach()
  }

  /** @throws NOT_CONNECTED, NOT_TOLD, and as `askAccess` */
  async access(): Promise<Access> {
    const { tunnel } = this.#connected()
    this.#expectToBeTold()
    return askAccess(tunnel)
  }

  /** `recent` rejects with NOT_CONNECTED, NO_ACCESS_REQUESTS, and whatever the relay refuses with. */
  watchAccessRequests(tell: TellAccessRequests): Watch<AccessRequests> {
    const watch = this.#accessRequests.watch(tell, () =>
      this.#current === null ? this.#notConnected() : this.#takesNone(),
    )
    return { ...watch, recent: watch.recent.catch((error) => this.#refused(error)) }
  }

  /** @throws NOT_CONNECTED, NO_ACCESS_REQUESTS, and as `changeAccessRequest` does */
  requestAccess(asked: AccessRequestAsk): Promise<AccessRequest> {
    return this.#change('', asked)
  }

  /** @throws as {@link requestAccess} */
  decideAccessRequest(id: string, decision: AccessRequestDecision): Promise<AccessRequest> {
    return this.#change(`/${idOf(id)}/decision`, decision)
  }

  /** @throws as {@link requestAccess} */
  endAccessRequest(id: string): Promise<AccessRequest> {
    return this.#change(`/${idOf(id)}/end`, null)
  }

  /** @throws NOT_TOLD */
  watchActivity(tell: TellActivity): Watch<readonly ActivityEntry[]> {
    this.#expectToBeTold()
    return this.#activity.watch(tell)
  }

  watchTraffic(tell: (sample: TrafficSample) => void): Watch<readonly TrafficSample[]> {
    return this.#traffic.watch(tell)
  }

  async #change(path: '' | `/${string}`, body: object | null): Promise<AccessRequest> {
    const { tunnel, tells } = this.#connected()
    if (!tells) throw this.#takesNone()
    return changeAccessRequest(tunnel, path, body).catch((error) => this.#refused(error))
  }

  #connected(): { readonly tunnel: Tunnel; readonly tells: boolean } {
    if (!this.#current?.tunnel.isAttached) throw this.#notConnected()
    return this.#current
  }

  #expectToBeTold(): void {
    if (this.#current?.tells === false) throw new JetwayError('NOT_TOLD', { environment: this.#environment })
  }

  /** A relay that has no such path is one from before there were requests. */
  #refused(error: unknown): never {
    throw error instanceof JetwayError && error.code === 'NOT_FOUND' ? this.#takesNone() : error
  }

  #notConnected(): JetwayError {
    return new JetwayError('NOT_CONNECTED', { environment: this.#environment })
  }

  #takesNone(): JetwayError {
    return new JetwayError('NO_ACCESS_REQUESTS', { environment: this.#environment })
  }
}

/** @throws ACCESS_REQUEST_UNKNOWN for what is none */
function idOf(id: string): string {
  if (!/^[0-9a-f-]{36}$/.test(id)) throw new JetwayError('ACCESS_REQUEST_UNKNOWN', { id })
  return id
}
