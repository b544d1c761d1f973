import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

const retryMs = 2
const busy = 5

/**
 * A lock between processes: while a relay drains, its successor writes to the same log. SQLite takes the system's
 * own locks, which end with the process that holds them, however it ends.
 */
export class FileLock {
  readonly #database: DatabaseSync
  /** Holders in this process, one after the other. */
  #held: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    closeSync(openSync(path, 'a', 0o600))
    this.#database = new DatabaseSync(path, { timeout: 0 })
  }

  /** Does something while nobody else does, in any process. */
  hold<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#held.then(async () => {
      while (!this.#begin()) await sleep(retryMs)
      try {
        return await work()
      } finally {
        this.#database.exec('COMMIT')
      }
    })
    this.#held = result.catch(() => {})
    return result
  }

  close(): void {
    this.#database.close()
  }

  #begin(): boolean {
    try {
      this.#database.exec('BEGIN EXCLUSIVE')
      return true
    } catch (error) {
      if ((error as { errcode?: number }).errcode === busy) return false
      throw error
    }
  }
}
