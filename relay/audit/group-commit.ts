import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Entry } from './log-record.ts'

export interface GroupCommitOptions {
  /** Resolves when they are on the disk; leaves none of them there otherwise. */
  write(entries: readonly Entry[]): Promise<void>
  /** What else is to be done between groups, where there is something. */
  maintain(): Promise<void>
  /** So many records found no room. */
  lost(records: number): Entry
  onError(error: Error): void
}

interface Waiting {
  readonly entry: Entry
  /** Of who waits for it to be on the disk; null for nobody. */
  settle: { resolve(): void; reject(error: Error): void } | null
}

/** While the log cannot be written, reading goes on, and its records are kept up to so many. */
const mostWaiting = 100_000
const mostInGroup = 4096
/** A write for each turn of the event loop took a tenth of a relay's time. */
const gatherMs = 10
const retryMs = 1000
/** A disk that takes longer counts as gone until it answers. */
const stalledMs = 5000

/**
 * Gathers records and writes them group by group: what comes while a group is on its way is the next one. When one
 * fails it is tried again each second, and nobody is let wait meanwhile.
 */
export class GroupCommit {
  readonly #o: GroupCommitOptions
  #waiting: Waiting[] = []
  #lost = 0
  #failed = false
  #writing: Promise<void> | null = null
  #gathering: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined
  #retry: NodeJS.Timeout | undefined

  constructor(o: GroupCommitOptions) {
    this.#o = o
  }

  get hasFailed(): boolean {
    return this.#failed
  }

  /** It leaves within 10 ms, with all that came meanwhile, in order. */
  append(entry: Entry): void {
    if (!this.#take({ entry, settle: null }) || this.#failed) return
    this.#gather()
  }

  /** Resolves when it is on the disk. @throws AUDIT_UNAVAILABLE */
  commit(entry: Entry): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failed || !this.#take({ entry, settle: { resolve, reject } })) {
        reject(new JetwayError('AUDIT_UNAVAILABLE'))
        return
      }
      // With what else comes in this turn of the event loop.
      this.#immediate ??= setImmediate(() => void this.run())
    })
  }

  /** Resolves when all that was taken so far is on the disk. @throws AUDIT_UNAVAILABLE */
  async flush(): Promise<void> {
    // What came while a group was on its way.
    do await this.run()
    while (this.#waiting.length > 0 && !this.#failed)
    if (this.#failed) throw new JetwayError('AUDIT_UNAVAILABLE')
  }

  /** One at a time; goes on until nobody waits. */
  run(): Promise<void> {
    clearTimeout(this.#gathering)
    clearImmediate(this.#immediate)
    clearTimeout(this.#retry)
    this.#gathering = undefined
    this.#immediate = undefined
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null
    })
    return this.#writing
  }

  /** Tries no more. */
  stop(): void {
    clearTimeout(this.#retry)
  }

  #take(waiting: Waiting): boolean {
    if (this.#waiting.length < mostWaiting) {
      this.#waiting.push(waiting)
      return true
    }
    this.#lost += 1
    if (this.#lost === 1) this.#o.onError(new Error('audit queue full: records are lost'))
    return false
  }

  async #writeAll(): Promise<void> {
    do {
      const group = this.#waiting.splice(0, mostInGroup)
      const stalled = setTimeout(
        () => this.#fail(new Error('audit: the disk does not answer'), group),
        stalledMs,
      )
      try {
        if (group.length > 0) await this.#o.write(group.map(({ entry }) => entry))
        for (const { settle } of group.splice(0)) settle?.resolve()
        await this.#o.maintain()
      } catch (error) {
        this.#waiting.unshift(...group)
        this.#fail(error as Error, group)
        return
      } finally {
        clearTimeout(stalled)
      }
      this.#failed = false
      if (this.#lost > 0 && this.#take({ entry: this.#o.lost(this.#lost), settle: null })) this.#lost = 0
    } while (this.#isUrgent)
    if (this.#waiting.length > 0) this.#gather()
  }

  /** Whether someone waits for what came meanwhile, or it is a whole group. */
  get #isUrgent(): boolean {
    return this.#waiting.length >= mostInGroup || this.#waiting.some(({ settle }) => settle !== null)
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => void this.run(), gatherMs)
  }

  #fail(error: Error, group: readonly Waiting[]): void {
    if (!this.#failed) this.#o.onError(error)
    this.#failed = true
    for (const waiting of [...group, ...this.#waiting]) {
      waiting.settle?.reject(new JetwayError('AUDIT_UNAVAILABLE', {}, { cause: error }))
      waiting.settle = null
    }
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => void this.run(), retryMs)
    this.#retry.unref()
  }
}
