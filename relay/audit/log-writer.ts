import { createHash, type KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { chainLine } from './chain.ts'
import { type Checkpoint, signCheckpoint } from './checkpoint.ts'
import { addCheckpointLine, formatKept, lastCheckpointLine, parseKept } from './checkpoint-file.ts'
import { FileLock } from './file-lock.ts'
import { LogFiles, syncFolderOf } from './log-files.ts'
import { type Entry, logRecord } from './log-record.ts'
import { type Verifier, verifierOf } from './note.ts'
import { dayMs, retire, timeOfFirst } from './retention.ts'
import { SegmentFile } from './segment-file.ts'
import { readOn, type Tail, tailAt } from './tail.ts'

export interface LogWriterOptions {
  /** The active segment; the log's other files are beside it. */
  readonly file: string
  readonly origin: string
  /** Ed25519, private. */
  readonly key: KeyObject
  readonly checkpoints: { readonly everyRecords: number; readonly heartbeatSeconds: number }
  readonly segments: { readonly maxBytes: number; readonly keepDays: number | null }
  /** Is told what is on the disk, in order. */
  onDurable(entries: readonly Entry[]): void
}

/**
 * Writes a log: its segments, its chain, its tree, its checkpoints. Another process may write to the same one, each
 * in its turn: whoever's turn it is first reads what the others wrote.
 */
export class LogWriter {
  readonly #o: LogWriterOptions
  readonly #files: LogFiles
  readonly #verifier: Verifier
  readonly #lock: FileLock
  #tail: Tail = tailAt(null)
  #signed: Checkpoint | null = null
  #segment: SegmentFile | null = null
  /** When the segment's first record began. */
  #begunAt = Number.POSITIVE_INFINITY

  private constructor(o: LogWriterOptions) {
    this.#o = o
    this.#files = new LogFiles(o.file)
    this.#verifier = verifierOf(o.origin, o.key)
    this.#lock = new FileLock(this.#files.lock)
  }

  /**
   * Opens a log, from its last checkpoint on: what follows it is held against the chain, and a line that a crash cut
   * short is taken out.
   *
   * @throws EVIDENCE_INVALID when it is not what was signed
   */
  static async open(o: LogWriterOptions): Promise<LogWriter> {
    const writer = new LogWriter(o)
    try {
      const kept = await lastCheckpointLine(writer.#files.checkpoints)
      const checkpoint = kept === null ? null : parseKept(kept, writer.#verifier)
      writer.#tail = tailAt(checkpoint)
      writer.#signed = checkpoint
      const { heartbeatSeconds } = o.checkpoints
      await writer.write([logRecord('log.open', checkpoint, { everySeconds: heartbeatSeconds })])
    } catch (error) {
      await writer.close()
      throw error
    }
    return writer
  }

  /** Of the last checkpoint. */
  get signed(): Checkpoint | null {
    return this.#signed
  }

  /** Records that no checkpoint covers. */
  get unsigned(): number {
    return this.#tail.frontier.size - (this.#signed?.size ?? 0)
  }

  /** Whether the segment is to end. One that is to be deleted some day ends after a day at the latest. */
  get isFull(): boolean {
    const { maxBytes, keepDays } = this.#o.segments
    return this.#tail.offset >= maxBytes || (keepDays !== null && Date.now() - this.#begunAt > dayMs)
  }

  /** Resolves when the records are on the disk: one write, one fdatasync. */
  write(entries: readonly Entry[]): Promise<void> {
    return this.#inTurn(() => this.#append(entries))
  }

  /** Signs a checkpoint, where there is something new. */
  sign(): Promise<void> {
    return this.#inTurn(() => this.#sign())
  }

  /** Ends the segment and begins the next. Deletes what is older than is to be kept. */
  rotate(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#tail.offset === 0) return
      await this.#sign()
      await this.#closeSegment()
      await rename(this.#files.active, this.#files.segment(this.#tail.segment))
      await this.#openSegment()
      await this.#append([logRecord('log.rotate', this.#signed)])
      const { keepDays } = this.#o.segments
      if (keepDays === null) return
      await retire(this.#files, keepDays, this.#verifier, (first) =>
        this.#append([logRecord('log.retire', this.#signed, { first })]),
      )
    })
  }

  async close(): Promise<void> {
    await this.#closeSegment()
    this.#lock.close()
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    return this.#lock.hold(async () => {
      if (!(await this.#segment?.isAsLeft())) await this.#catchUp()
      await work()
    })
  }

  /** Reads what others wrote, and mends what a crash left. */
  async #catchUp(): Promise<void> {
    await this.#closeSegment()
    this.#tail = await readOn(this.#files, this.#tail)
    await this.#openSegment()
    if (this.#tail.isTorn) await this.#recover()
  }

  async #openSegment(): Promise<void> {
    const { active } = this.#files
    if (existsSync(active)) {
      this.#segment = await SegmentFile.open(active, 'r+', this.#tail.offset)
      this.#begunAt = this.#tail.offset === 0 ? Date.now() : await timeOfFirst(active)
      return
    }
    this.#begunAt = Date.now()
    this.#segment = await SegmentFile.open(active, 'wx+', 0)
    await syncFolderOf(active)
    this.#tail = { ...this.#tail, segment: this.#tail.frontier.size, offset: 0 }
  }

  async #closeSegment(): Promise<void> {
    const segment = this.#segment
    this.#segment = null
    await segment?.close()
  }

  async #recover(): Promise<void> {
    const { offset, frontier } = this.#tail
    const bytes = (await readFile(this.#files.active)).subarray(offset)
    const aside = this.#files.torn(frontier.size)
    await writeFile(aside, bytes, { mode: 0o600, flush: true })
    await syncFolderOf(aside)
    await this.#segment?.cut(offset)
    this.#tail = { ...this.#tail, isTorn: false }
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    await this.#append([
      logRecord('log.recover', this.#signed, { bytes: bytes.length, sha256, file: basename(aside) }),
    ])
  }

  async #append(entries: readonly Entry[]): Promise<void> {
    let { last } = this.#tail
    const first = this.#tail.frontier.size
    const lines = entries.map((entry, i) => {
      const line = chainLine(entry, { seq: first + i, prev: last })
      last = line.hash
      return line
    })
    const bytes = Buffer.concat(lines.map((line) => line.bytes))
    if (!this.#segment) throw new Error('no segment is open')
    await this.#segment.append(bytes)
    for (const { leaf } of lines) this.#tail.frontier.push(leaf)
    this.#tail = { ...this.#tail, last, offset: this.#tail.offset + bytes.length }
    this.#o.onDurable(entries)
  }

  async #sign(): Promise<void> {
    const { frontier, last, segment, offset } = this.#tail
    if (frontier.size === this.#signed?.size) return
    const checkpoint = { origin: this.#o.origin, size: frontier.size, root: frontier.root }
    const note = signCheckpoint(checkpoint, this.#o.key)
    const time = new Date().toISOString()
    await addCheckpointLine(
      this.#files.checkpoints,
      formatKept({ time, note, frontier, last, segment, offset }),
    )
    this.#signed = checkpoint
  }
}
