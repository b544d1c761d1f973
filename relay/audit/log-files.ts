import { createReadStream, existsSync } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { readLink } from './chain.ts'

/** A part of a log: one file. */
export interface Segment {
  /** The sequence number of its first record; null while the active segment has none. */
  readonly first: number | null
  readonly path: string
}

export interface Line {
  /** Without its line feed. */
  readonly bytes: Buffer
  /** Where it begins in its file. */
  readonly offset: number
  /** False for what follows the last line feed: it is being written, or a crash cut it short. */
  readonly isWhole: boolean
}

const digits = 16
const numberForm = /\.(\d{16})(?:\.[^.]*)?$/
const lineFeed = 10
const mostLineBytes = 4_194_304
const readBytes = 1_048_576

/** The files of a log, by the path of the one that is written: `audit.jsonl` and those beside it. */
export class LogFiles {
  readonly active: string
  readonly #stem: string

  constructor(active: string) {
    this.active = active
    this.#stem = active.slice(0, active.length - extname(active).length)
  }

  get checkpoints(): string {
    return `${this.#stem}.checkpoints`
  }

  get lock(): string {
    return `${this.#stem}.lock`
  }

  /** What a segment is called once the next one is written. */
  segment(first: number): string {
    return `${this.#stem}.${String(first).padStart(digits, '0')}${extname(this.active)}`
  }

  /** Where a line goes that was cut short, and was to have that sequence number. */
  torn(seq: number): string {
    return `${this.#stem}.${String(seq).padStart(digits, '0')}.torn`
  }

  /** What there is, in order; the active segment last. */
  async segments(): Promise<Segment[]> {
    const closed = await this.closed()
    if (!existsSync(this.active)) return closed
    return [...closed, { first: await firstOf(this.active), path: this.active }]
  }

  /** Those that are not written any more, in order. */
  async closed(): Promise<Segment[]> {
    const folder = dirname(this.active)
    const segments: { first: number; path: string }[] = []
    for (const name of await readdir(folder)) {
      const first = Number(numberForm.exec(name)?.[1])
      const path = join(folder, name)
      if (this.segment(first) === path) segments.push({ first, path })
    }
    return segments.sort((a, b) => a.first - b.first)
  }
}

/**
 * The lines of a file from an offset on.
 *
 * @param opened the file, where it may have another name by now; it is closed at the end
 * @throws EVIDENCE_INVALID for a line of over 4 MiB
 */
export async function* readLines(
  path: string,
  from = 0,
  opened?: FileHandle,
): AsyncGenerator<Line, void, void> {
  for await (const { bytes, ...line } of readBoundedLines(path, from, opened)) {
    if (bytes === null)
      throw new JetwayError('EVIDENCE_INVALID', {
        reason: `${path} has a line of over ${mostLineBytes} bytes.`,
      })
    yield { bytes, ...line }
  }
}

/** As {@link readLines}, but `bytes` is null for a line of over 4 MiB, which is not kept in memory. */
export async function* readBoundedLines(
  path: string,
  from = 0,
  opened?: FileHandle,
): AsyncGenerator<Omit<Line, 'bytes'> & { readonly bytes: Buffer | null }, void, void> {
  let offset = from
  let rest: Buffer[] = []
  let restBytes = 0
  const take = (piece: Buffer) => {
    restBytes += piece.length
    if (restBytes <= mostLineBytes) rest.push(piece)
    else rest = []
  }
  const taken = () => {
    if (restBytes > mostLineBytes) return null
    return rest.length === 1 ? (rest[0] as Buffer) : Buffer.concat(rest)
  }
  const options = { start: from, highWaterMark: readBytes, ...(opened && { fd: opened }) }
  for await (const chunk of createReadStream(path, options) as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      take(chunk.subarray(start, end))
      yield { bytes: taken(), offset, isWhole: true }
      offset += restBytes + 1
      rest = []
      restBytes = 0
      start = end + 1
    }
    if (start < chunk.length) take(chunk.subarray(start))
  }
  if (restBytes > 0) yield { bytes: taken(), offset, isWhole: false }
}

/** So that a file that was made or renamed is found after a power failure. */
export async function syncFolderOf(path: string): Promise<void> {
  // Windows has no such thing, and needs none.
  if (process.platform === 'win32') return
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function firstOf(path: string): Promise<number | null> {
  for await (const { bytes } of readLines(path)) return readLink(bytes)?.seq ?? null
  return null
}
