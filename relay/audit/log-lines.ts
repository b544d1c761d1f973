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

async function* placedLines(files: LogFiles): AsyncGenerator<PlacedLine, void, void> {
  for (const { path } of await files.segments()) {
    let number = 0
    for await (const { bytes, isWhole } of readLines(path)) {
      number += 1
      const link = isWhole ? readLink(bytes) : null
      yield { file: path, number, bytes, isWhole, link, hash: lineHash(bytes) }
    }
  }
}
