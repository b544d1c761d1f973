import { close as closeFile, fstat, fsync, open, read, write } from 'node:fs'
import { promisify } from 'node:util'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { AuditRecord } from './record.ts'

/** Where every record goes. */
export interface AuditLog {
  /** False once writing failed, until it works again: what changes state is refused meanwhile. */
  readonly writable: boolean
  /** Takes a record. It leaves within 10 ms, with all that came meanwhile, in order; at once by {@link flush}. */
  append(record: AuditRecord): void
  /** Resolves when everything taken so far stands in the file, and rejects when it cannot. */
  flush(): Promise<void>
  /** Opens the file's path anew, after it was moved away. */
  reopen(): Promise<void>
  /** Writes what is left, to the disk, and closes. */
  close(): Promise<void>
}

const openFile = promisify(open)
const readFrom = promisify(read)
const statFile = promisify(fstat)
const syncFile = promisify(fsync)
const closeDescriptor = promisify(closeFile)

/** Only the owner: records name people and what they did. */
const fileMode = 0o600
/** While the file cannot be written, reading goes on, and its records are kept up to so many. */
const maxQueuedRecords = 100_000
/** A write for each turn of the event loop took a tenth of a relay's time. */
const gatherMs = 10
const retryMs = 1000

/**
 * Opens an audit log for appending. A line that a crash cut short is ended first, so that the next record has a
 * line of its own.
 *
 * @throws CONFIG_INVALID when the file cannot be opened
 */
export async function openAuditLog(path: string, onError: (error: Error) => void): Promise<AuditLog> {
  const log = new FileAuditLog(path, onError)
  try {
    await log.reopen()
  } catch (cause) {
    const reason = `audit.file ${path} cannot be opened (${(cause as NodeJS.ErrnoException).code})`
    throw new JetwayError('CONFIG_INVALID', { reason }, { cause })
  }
  return log
}

class FileAuditLog implements AuditLog {
  readonly #path: string
  readonly #onError: (error: Error) => void
  #descriptor: number | null = null
  #queue: string[] = []
  /** The end of what a failed write left. */
  #rest: Buffer = Buffer.alloc(0)
  #writing: Promise<void> | null = null
  #failed = false
  #gathering: NodeJS.Timeout | undefined
  #lostRecords = 0
  #retry: NodeJS.Timeout | undefined

  constructor(path: string, onError: (error: Error) => void) {
    this.#path = path
    this.#onError = onError
  }

  get writable(): boolean {
    return !this.#failed
  }

  append(record: AuditRecord): void {
    if (this.#queue.length >= maxQueuedRecords) {
      this.#lostRecords += 1
      if (this.#lostRecords === 1) this.#onError(new Error('audit queue full: records are lost'))
      return
    }
    this.#queue.push(`${JSON.stringify(record)}\n`)
    if (!this.#failed) this.#gathering ??= setTimeout(() => void this.#write(), gatherMs)
  }

  async flush(): Promise<void> {
    await this.#write()
    if (this.#failed) throw new JetwayError('AUDIT_UNAVAILABLE')
  }

  async reopen(): Promise<void> {
    const descriptor = await openFile(this.#path, 'a+', fileMode)
    if (await endsInsideLine(descriptor)) this.#queue.unshift('\n')
    await this.#writing
    const old = this.#descriptor
    this.#descriptor = descriptor
    if (old !== null) await closeDescriptor(old)
  }

  async close(): Promise<void> {
    clearTimeout(this.#retry)
    await this.#write()
    if (this.#descriptor === null) return
    await syncFile(this.#descriptor).catch(() => {})
    await closeDescriptor(this.#descriptor)
    this.#descriptor = null
  }

  /** One writer at a time; it goes on until nothing is left. */
  #write(): Promise<void> {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null
    })
    return this.#writing
  }

  async #writeAll(): Promise<void> {
    while (this.#descriptor !== null && (this.#rest.length > 0 || this.#queue.length > 0)) {
      const bytes = Buffer.concat([this.#rest, Buffer.from(this.#queue.join(''))])
      this.#queue = []
      const written = await appendAll(this.#descriptor, bytes)
      // What did not get into the file goes on from the very byte, so that no line is lost, cut or doubled.
      this.#rest = bytes.subarray(written.bytes)
      if (written.error === null) {
        this.#recovered()
      } else {
        this.#fail(written.error)
        return
      }
    }
  }

  #recovered(): void {
    if (!this.#failed) return
    this.#failed = false
    if (this.#lostRecords > 0) this.#onError(new Error(`audit: ${this.#lostRecords} records were lost`))
    this.#lostRecords = 0
  }

  #fail(error: Error): void {
    if (!this.#failed) this.#onError(error)
    this.#failed = true
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => void this.#write(), retryMs)
    this.#retry.unref()
  }
}

const newline = 10

function appendAll(descriptor: number, bytes: Buffer): Promise<{ bytes: number; error: Error | null }> {
  return new Promise((resolve) => {
    let total = 0
    const next = () => {
      write(descriptor, bytes, total, (error, count) => {
        if (error) {
          resolve({ bytes: total, error })
          return
        }
        total += count
        if (total < bytes.length) next()
        else resolve({ bytes: total, error: null })
      })
    }
    next()
  })
}

async function endsInsideLine(descriptor: number): Promise<boolean> {
  const { size } = await statFile(descriptor)
  if (size === 0) return false
  const last = Buffer.alloc(1)
  await readFrom(descriptor, last, 0, 1, size - 1)
  return last[0] !== newline
}
