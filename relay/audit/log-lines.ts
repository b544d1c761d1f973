import { type FileHandle, open } from 'node:fs/promises'
import { type Link, lineHash, readLink } from './chain.ts'
import { type LogFiles, readLines } from './log-files.ts'

/** A line of a log, with where it stands. */
export interface PlacedLine {
  readonly file: string
  /** From 1. */
  readonly number: number
  /** Without its line feed. */
  readonly bytes: Buffer
  readonly isWhole: boolean
  /** Null for what is no line of a log. */
  readonly link: Link | null
  readonly hash: string
}

/** All lines of a log, in order, of which some can be looked at before they are taken. */
export class LogLines {
  readonly #source: AsyncGenerator<PlacedLine, void, void>
  readonly #seen: PlacedLine[] = []

  constructor(files: LogFiles) {
    this.#source = placedLines(files)
  }

  async next(): Promise<PlacedLine | null> {
    const line = await this.peek(0)
    this.#seen.shift()
    return line
  }

  /** For who does not read to the end. */
  async close(): Promise<void> {
    await this.#source.return()
  }

  /** The line that {@link next} returns after so many others. */
  async peek(ahead: number): Promise<PlacedLine | null> {
    while (this.#seen.length <= ahead) {
      const { value } = await this.#source.next()
      if (!value) return null
      this.#seen.push(value)
    }
    return this.#seen[ahead] as PlacedLine
  }
}

/** All that a log holds, also while a relay ends one segment after the other. */
async function* placedLines(files: LogFiles): AsyncGenerator<PlacedLine, void, void> {
  const done = new Set<string>()
  const left = async () => (await files.closed()).filter(({ path }) => !done.has(path))
  for (;;) {
    for (const { path } of await left()) {
      yield* linesOf(path)
      done.add(path)
    }
    const active = await openIfThere(files.active)
    // What is open now is the next one, unless another ended meanwhile.
    if ((await left()).length === 0) {
      if (active) yield* linesOf(files.active, active)
      return
    }
    await active?.close()
  }
}

async function* linesOf(file: string, opened?: FileHandle): AsyncGenerator<PlacedLine, void, void> {
  let number = 0
  for await (const { bytes, isWhole } of readLines(file, 0, opened)) {
    number += 1
    yield { file, number, bytes, isWhole, link: isWhole ? readLink(bytes) : null, hash: lineHash(bytes) }
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  return open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
}
