import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { type Asker, reloadRecord, type Swap } from '../audit/reload-record.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Generation } from '../generation.ts'
import type { Generations } from '../generations.ts'
import { accessChanges } from './access-changes.ts'
import { changedFixedKeys } from './fixed-keys.ts'
import { selfTest } from './self-test.ts'

export interface ReloadRequest {
  /** Reads the configuration anew. @throws CONFIG_INVALID */
  readonly load: () => LoadedConfig
  readonly by: Asker
  /** Null: as the configuration at work says. */
  readonly allowWidening: boolean | null
  /** Everything but the swap. */
  readonly dryRun: boolean
}

export interface ReloadResult extends Swap {
  readonly after: string
  readonly swapped: boolean
}

/** How the last reload ended that was no dry run. */
export interface LastReload {
  /** ISO 8601. */
  readonly time: string
  readonly by: Asker
  readonly swap: Swap
  /** Why the relay goes on as it was; null where it was swapped. */
  readonly error: JetwayError | null
}

export interface ReloaderOptions {
  readonly generations: Generations
  readonly auditLog: AuditLog
  readonly log: Logger
  readonly build: (config: LoadedConfig) => Generation
  /** Groups that people have together who are here now. */
  readonly groupsTogether: () => readonly (readonly string[])[]
  /** The last step before the swap that can fail. */
  readonly beforeSwap: (next: LoadedConfig) => void
  /** In the same turn as the swap. */
  readonly swapped: (next: LoadedConfig) => void
}

/** Swaps the configuration of a relay that runs. */
export class Reloader {
  readonly #o: ReloaderOptions
  #last: LastReload | null = null
  #running: Promise<unknown> = Promise.resolve()

  constructor(o: ReloaderOptions) {
    this.#o = o
  }

  get last(): LastReload | null {
    return this.#last
  }

  /**
   * Builds a generation of the configuration as it is now, tries it, says what access it changes, and swaps. On failure
   * the relay goes on as it was: whatever can fail comes before the swap, and the swap is one assignment. One at a time,
   * in the order in which they are asked for.
   *
   * @throws CONFIG_INVALID, RESTART_NEEDED, WIDENING_REFUSED
   * @throws SELF_TEST_FAILED, AUDIT_UNAVAILABLE (a retry can help)
   */
  reload(request: ReloadRequest): Promise<ReloadResult> {
    const result = this.#running.then(() => this.#reload(request))
    this.#running = result.catch(() => {})
    return result
  }

  async #reload(request: ReloadRequest): Promise<ReloadResult> {
    const about = { id: randomUUID(), startedAt: Date.now(), by: request.by }
    const { by, dryRun } = request
    const { current } = this.#o.generations
    const swap = {
      before: current.id,
      after: null as string | null,
      allowWidening: request.allowWidening ?? current.config.reload.allowWidening,
      widens: [] as readonly string[],
      narrows: [] as readonly string[],
      warnings: [] as readonly string[],
    }
    let error: JetwayError | null = null
    try {
      await this.#swap(request, swap, () =>
        this.#o.auditLog.commit(reloadRecord({ ...about, kind: 'intent', swap, error: null })),
      )
    } catch (thrown) {
      error = asJetwayError(thrown)
    }
    if (!dryRun) {
      this.#last = { time: new Date().toISOString(), by, swap, error }
      this.#o.auditLog.append(reloadRecord({ ...about, kind: 'reload', swap, error }))
    }
    const { log } = this.#o
    const line = { ...swap, via: by.via, user: by.user, dryRun }
    if (error === null) log.info(line, dryRun ? 'reload tried' : 'reloaded')
    else log.error({ ...line, code: error.code, reason: error.message, err: error.cause }, 'not reloaded')
    if (error !== null) throw error
    return { ...swap, after: swap.after as string, swapped: !dryRun }
  }

  /**
   * @param swap is filled in as things become known
   * @param recordIntent resolves when it is on the disk what will be done
   */
  async #swap(request: ReloadRequest, swap: Mutable<Swap>, recordIntent: () => Promise<void>): Promise<void> {
    const { generations, build, beforeSwap, swapped } = this.#o
    const before = generations.current
    const config = request.load()
    swap.after = config.generation
    const fixed = changedFixedKeys(before.config, config)
    if (fixed.length > 0) throw new JetwayError('RESTART_NEEDED', { keys: fixed.join(', ') })
    const next = build(config)
    try {
      const [warnings, access] = await Promise.all([
        selfTest(next, before),
        accessChanges(before.config, config, this.#o.groupsTogether()),
      ])
      Object.assign(swap, { warnings, ...access })
      if (request.dryRun) {
        await next.close()
        return
      }
      if (swap.widens.length > 0) {
        if (!swap.allowWidening) throw new JetwayError('WIDENING_REFUSED', { what: swap.widens.join('; ') })
        // To take rights away is never held up by it.
        if (!this.#o.auditLog.writable) throw new JetwayError('AUDIT_UNAVAILABLE')
        await recordIntent()
      }
      beforeSwap(config)
      generations.swap(next, config.limits.drainSeconds * 1000)
    } catch (error) {
      await next.close()
      throw error
    }
    swapped(config)
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
