import type { JetwayError } from '#shared/errors/jetway-error.ts'
import type { AccessRequests } from '#shared/ipc/access-requests.ts'
import { AccessRequestFeed } from '../access-request-feed.ts'
import type { ToRelay } from '../ask-relay.ts'
import { sleep } from '../sleep.ts'
import { unreachable } from '../unreachable.ts'
import type { Watch } from './watches.ts'

/** @returns false when it was not taken: it is told again soon, as it is then */
export type TellAccessRequests = (requests: AccessRequests) => boolean

interface Watcher {
  readonly tell: TellAccessRequests
  /** Whether they have had what there was at first. */
  isLive: boolean
}

/** Whoever asks gets an answer, whatever the network does. */
const readyWithinMs = 3000
/** Whoever was too slow is told again after so long. */
const againMs = 1000

/**
 * What an environment's relay tells of requests for access, over one session after another, for as long as someone watches:
 * the relay is asked only then.
 */
export class AccessRequestWatch {
  readonly #watchers = new Set<Watcher>()
  readonly #late = new Set<Watcher>()
  #relay: ToRelay | null = null
  #feed: AccessRequestFeed | null = null
  #told: AccessRequests | null = null
  /** Settles with what the present feed tells first, or why it tells nothing. */
  #first: Promise<AccessRequests | JetwayError> | null = null
  #timer: NodeJS.Timeout | null = null

  /** There is a session whose relay tells. */
  attach(relay: ToRelay): void {
    this.detach()
    this.#relay = relay
    if (this.#watchers.size > 0) this.#open(relay)
  }

  /** The session is being left, or is over: nobody is kept in it by looking on. */
  detach(): void {
    this.#relay = null
    this.#close()
  }

  /**
   * `recent` is what there is now, and what comes after it is told. It rejects with why there is nothing, and what comes
   * then is told all the same.
   *
   * @param without why there is nothing as long as there is no session whose relay tells
   */
  watch(tell: TellAccessRequests, without: () => JetwayError): Watch<AccessRequests> {
    const watcher: Watcher = { tell, isLive: false }
    this.#watchers.add(watcher)
    if (this.#relay && !this.#feed) this.#open(this.#relay)
    return { recent: this.#begin(watcher, without), end: () => this.#end(watcher) }
  }

  async #begin(watcher: Watcher, without: () => JetwayError): Promise<AccessRequests> {
    try {
      if (this.#first === null) throw without()
      const waited = new AbortController()
      const late = sleep(readyWithinMs, waited.signal).then(() => unreachable('no answer in time'))
      const first = await Promise.race([this.#first, late])
      waited.abort()
      if (first instanceof Error) throw first
      return this.#told ?? first
    } finally {
      watcher.isLive = true
    }
  }

  #open(relay: ToRelay): void {
    this.#first = new Promise((resolve) => {
      this.#feed = new AccessRequestFeed(relay, {
        onTold: (requests) => {
          this.#told = requests
          resolve(requests)
          this.#tell(this.#watchers)
        },
        onRefused: resolve,
      })
    })
  }

  #close(): void {
    this.#feed?.close()
    this.#feed = null
    this.#first = null
    this.#told = null
    this.#late.clear()
  }

  #end(watcher: Watcher): void {
    this.#watchers.delete(watcher)
    this.#late.delete(watcher)
    if (this.#watchers.size > 0) return
    this.#close()
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #tell(watchers: ReadonlySet<Watcher>): void {
    const told = this.#told
    if (told === null) return
    for (const watcher of watchers) {
      if (!watcher.isLive) continue
      if (watcher.tell(told)) this.#late.delete(watcher)
      else this.#late.add(watcher)
    }
    if (this.#late.size === 0 || this.#timer !== null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#tell(new Set(this.#late))
    }, againMs)
  }
}
