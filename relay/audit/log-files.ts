import { createReadStream } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
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
    const folder = dirname(this.active)
    const names = await readdir(folder)
    const closed = names.flatMap((name) => {
      const path = join(folder, name)
      const first = Number(new RegExp(`\\.([0-9]{${digits}})${extname(name)}$`).exec(name)?.[1] ?? Number.NaN)
      return Number.isNaN(first) || this.segment(first) !== path ? [] : [{ first, path }]
    })
    closed.sort((a, b) => a.first - b.first)
    if (!names.includes(basename(this.active))) return closed
    return [...closed, { first: await firstOf(this.active), path: this.active }]
  }
}

/** The lines of a file from an offset on. @throws EVIDENCE_INVALID for a line of over 4 MiB */
export async function* readLines(path: string, from = 0): AsyncGenerator<Line, void, void> {
  let offset = from
  let rest: Buffer[] = []
  let restBytes = 0
  for await (const chunk of createReadStream(path, {
    start: from,
    highWaterMark: readBytes,
  }) as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      const piece = chunk.subarray(start, end)
      const bytes = restBytes === 0 ? piece : Buffer.concat([...rest, piece])
      yield { bytes, offset, isWhole: true }
      offset += bytes.length + 1
      rest = []
      restBytes = 0
      start = end + 1
    }
    rest.push(chunk.subarray(start))
    restBytes += chunk.length - start
    if (restBytes > mostLineBytes)
      throw new JetwayError('EVIDENCE_INVALID', {
        reason: `${path} has a line of over ${mostLineBytes} bytes.`,
      })
  }
  if (restBytes > 0) yield { bytes: Buffer.concat(rest), offset, isWhole: false }
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
