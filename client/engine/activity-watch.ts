import type { JetwayError } from '#shared/errors/jetway-error.ts'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import { ActivityFeed } from '../activity-feed.ts'
import type { ToRelay } from '../ask-relay.ts'
import { sleep } from '../sleep.ts'
import { Latest } from './latest.ts'
import type { Watch } from './watches.ts'

/** Several entries at once, and how many there were before them that nobody kept. */
export interface ToldActivity {
  readonly entries: readonly ActivityEntry[]
  readonly lost: number
}

/** @returns false when it was not taken: it counts as lost then, and is said with what comes next */
export type TellActivity = (told: ToldActivity) => boolean

interface Watcher {
  readonly tell: TellActivity
  /** Whether it has had what came before. */
  isLive: boolean
  lost: number
}

const everyMs = 100
/** As much as the relay keeps. */
const kept = { most: 200, mostChars: 262_144 }
/** What comes in between is told together. */
const pending = { most: 500, mostChars: 262_144 }
/** Whoever asks gets an answer, whatever the network does. */
const readyWithinMs = 3000

/**
 * What goes through an environment, over one session after another, for as long as someone watches: the relay is asked only
 * then.
 */
export class ActivityWatch {
  readonly #watchers = new Set<Watcher>()
  readonly #recent = new Latest<ActivityEntry>(kept)
  readonly #pending = new Latest<ActivityEntry>(pending)
  #lost = 0
  #relay: ToRelay | null = null
  #feed: ActivityFeed | null = null
  /** Settles when the present feed has told what was before it. */
  #ready: Promise<JetwayError | null> = Promise.resolve(null)
  #timer: NodeJS.Timeout | null = null
  #toldAt = Number.NEGATIVE_INFINITY

  /** There is a session whose relay tells. */
  attach(relay: ToRelay): void {
    this.detach()
    this.#relay = relay
    if (this.#watchers.size > 0) this.#open(relay)
  }

  /** The session is being left, or is over: nobody is kept in it by looking on. */
  detach(): void {
    this.#relay = null
    this.#feed?.close()
    this.#feed = null
    this.#ready = Promise.resolve(null)
  }

  /** `recent` is what went through before, oldest first; what comes after it is told. It rejects with why there is nothing. */
  watch(tell: TellActivity): Watch<readonly ActivityEntry[]> {
    const watcher: Watcher = { tell, isLive: false, lost: 0 }
    this.#watchers.add(watcher)
    if (this.#relay && !this.#feed) this.#open(this.#relay)
    const end = () => this.#end(watcher)
    return { recent: this.#begin(watcher, end), end }
  }

  async #begin(watcher: Watcher, end: () => void): Promise<readonly ActivityEntry[]> {
    const waited = new AbortController()
    const error = await Promise.race([this.#ready, sleep(readyWithinMs, waited.signal).then(() => null)])
    waited.abort()
    if (error) {
      end()
      throw error
    }
    // So that it is told nothing twice.
    this.#tell()
    watcher.isLive = true
    return this.#recent.all
  }

  #open(relay: ToRelay): void {
    this.#ready = new Promise((resolve) => {
      this.#feed = new ActivityFeed(relay, {
        onEntry: (entry, lost) => this.#add(entry, lost),
        onReady: resolve,
      })
    })
  }

  #end(watcher: Watcher): void {
    this.#watchers.delete(watcher)
    if (this.#watchers.size > 0) return
    this.#feed?.close()
    this.#feed = null
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#recent.clear()
    this.#pending.clear()
    this.#lost = 0
  }

  #add(entry: ActivityEntry, lost: number): void {
    this.#recent.push(entry)
    this.#lost += lost + this.#pending.push(entry)
    this.#timer ??= setTimeout(() => this.#tell(), Math.max(0, this.#toldAt + everyMs - performance.now()))
  }

  #tell(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const entries = this.#pending.all
    if (entries.length === 0) return
    this.#toldAt = performance.now()
    for (const watcher of this.#watchers) {
      if (!watcher.isLive) continue
      const lost = watcher.lost + this.#lost
      watcher.lost = watcher.tell({ entries, lost }) ? 0 : lost + entries.length
    }
    this.#pending.clear()
    this.#lost = 0
  }
}
