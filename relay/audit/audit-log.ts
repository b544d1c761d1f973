import { JetwayError } from '#shared/errors/jetway-error.ts'
import { GroupCommit } from './group-commit.ts'
import { type Entry, logRecord } from './log-record.ts'
import { LogWriter, type LogWriterOptions } from './log-writer.ts'
import type { AuditRecord } from './record.ts'
import { redactor } from './redact.ts'

/** Where every record goes. */
export interface AuditLog {
  /** False once writing failed, until it works again: what changes state is refused meanwhile. */
  readonly writable: boolean
  /** Takes a record. It leaves within 10 ms, with all that came meanwhile, in order. */
  append(record: AuditRecord): void
  /**
   * Resolves when the record is on the disk.
   *
   * @throws AUDIT_UNAVAILABLE when it cannot get there; a retry can help
   */
  commit(record: AuditRecord): Promise<void>
  /** Resolves when everything taken so far is on the disk. @throws AUDIT_UNAVAILABLE */
  flush(): Promise<void>
  /** Ends the segment that is written, and begins the next one. @throws AUDIT_UNAVAILABLE */
  rotate(): Promise<void>
  /** Is told each record once it is on the disk, as it is written there. @returns stops that */
  observe(listener: (entry: Entry) => void): () => void
  /** Writes what is left, signs it, and closes. */
  close(): Promise<void>
}

export type AuditLogOptions = Omit<LogWriterOptions, 'onDurable'> & {
  readonly checkpoints: { readonly everySeconds: number }
  /** Name patterns of what is not to be written; see redact.ts. */
  readonly redact: readonly string[]
}

/**
 * Opens an audit log for appending.
 *
 * @throws CONFIG_INVALID when its files cannot be opened, EVIDENCE_INVALID when they are not what was signed
 */
export async function openAuditLog(o: AuditLogOptions, onError: (error: Error) => void): Promise<AuditLog> {
  const listeners = new Set<(entry: Entry) => void>()
  const onDurable = (entries: readonly Entry[]) => {
    for (const listener of listeners) {
      try {
        for (const entry of entries) listener(entry)
      } catch (error) {
        // The records are on the disk, whatever a listener makes of them.
        onError(error as Error)
      }
    }
  }
  try {
    const writer = await LogWriter.open({ ...o, onDurable })
    return new SignedAuditLog(o, writer, listeners, onError)
  } catch (cause) {
    if (cause instanceof JetwayError) throw cause
    const { code, message } = cause as NodeJS.ErrnoException
    throw new JetwayError(
      'CONFIG_INVALID',
      { reason: `audit.file ${o.file} cannot be opened (${code ?? message})` },
      { cause },
    )
  }
}

class SignedAuditLog implements AuditLog {
  readonly #o: AuditLogOptions
  readonly #writer: LogWriter
  readonly #listeners: Set<(entry: Entry) => void>
  readonly #groups: GroupCommit
  readonly #redact: (record: AuditRecord) => AuditRecord
  readonly #heartbeat: NodeJS.Timeout
  #signing: NodeJS.Timeout | undefined
  #isSignDue = false
  #isRotateDue = false

  constructor(
    o: AuditLogOptions,
    writer: LogWriter,
    listeners: Set<(entry: Entry) => void>,
    onError: (error: Error) => void,
  ) {
    this.#o = o
    this.#writer = writer
    this.#listeners = listeners
    this.#redact = redactor(o.redact)
    this.#groups = new GroupCommit({
      write: (entries) => writer.write(entries),
      maintain: () => this.#maintain(),
      lost: (records) => logRecord('log.lose', writer.signed, { records }),
      onError,
    })
    const everySeconds = o.checkpoints.heartbeatSeconds
    this.#heartbeat = setInterval(() => {
      const beat = logRecord('log.heartbeat', writer.signed, { everySeconds })
      // What failed is tried again, and said.
      this.#groups.commit(beat).then(
        () => this.#sign(),
        () => {},
      )
    }, everySeconds * 1000)
    this.#heartbeat.unref()
    this.#signSoon()
  }

  get writable(): boolean {
    return !this.#groups.hasFailed
  }

  append(record: AuditRecord): void {
    this.#groups.append(this.#redact(record))
  }

  commit(record: AuditRecord): Promise<void> {
    return this.#groups.commit(this.#redact(record))
  }

  flush(): Promise<void> {
    return this.#groups.flush()
  }

  async rotate(): Promise<void> {
    this.#isRotateDue = true
    // One that is on its way may have looked already.
    while (this.#isRotateDue) await this.flush()
  }

  observe(listener: (entry: Entry) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat)
    clearTimeout(this.#signing)
    await this.flush().catch(() => {})
    const done = this.#groups.commit(logRecord('log.close', this.#writer.signed))
    await done.then(() => this.#sign()).catch(() => {})
    this.#groups.stop()
    await this.#writer.close()
  }

  async #maintain(): Promise<void> {
    const { checkpoints } = this.#o
    if (this.#isRotateDue || this.#writer.isFull) {
      await this.#writer.rotate()
      this.#isRotateDue = false
    }
    if (this.#isSignDue || this.#writer.unsigned >= checkpoints.everyRecords) {
      await this.#writer.sign()
      this.#isSignDue = false
    }
    if (this.#writer.unsigned > 0) this.#signSoon()
  }

  /** Resolves when all that is on the disk is signed, or that failed. */
  async #sign(): Promise<void> {
    this.#isSignDue = true
    await this.#groups.run()
    // One that was on its way may have looked already.
    if (this.#isSignDue) await this.#groups.run()
  }

  #signSoon(): void {
    this.#signing ??= setTimeout(() => {
      this.#signing = undefined
      void this.#sign()
    }, this.#o.checkpoints.everySeconds * 1000).unref()
  }
}
