import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * A log that takes no more room than `maxBytes` times one and `kept`: when it is full it becomes `<path>.1`, that one
 * `<path>.2` and so on. A log that cannot be written stops nobody.
 */
export class LogFile {
  readonly #path: string
  readonly #maxBytes: number
  readonly #kept: number
  #bytes: number

  constructor(path: string, o: { maxBytes: number; kept: number }) {
    this.#path = path
    this.#maxBytes = o.maxBytes
    this.#kept = o.kept
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      this.#bytes = statSync(path).size
    } catch {
      this.#bytes = 0
    }
  }

  /** Adds a line. A crash right after it loses nothing. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line) + 1
    try {
      if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) this.#rotate()
      appendFileSync(this.#path, `${line}\n`, { mode: 0o600 })
      this.#bytes += bytes
    } catch {
      // A full disk, mostly. There is nowhere to say it.
    }
  }

  #rotate(): void {
    for (let n = this.#kept; n > 0; n -= 1) {
      const older = n === 1 ? this.#path : `${this.#path}.${n - 1}`
      try {
        renameSync(older, `${this.#path}.${n}`)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    }
    this.#bytes = 0
  }
}
