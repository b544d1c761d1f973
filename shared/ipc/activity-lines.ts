/** `GET /activity` of the relay's own service inside a session, line by line; see docs/protocol.md. */
import { z } from 'zod'
import { parseJson } from '../parse-json.ts'
import { protocolError } from '../protocol/message.ts'
import { activityEntry } from './activity.ts'

/** Longer than the longest entry, whatever its texts have to be escaped to. */
const maxLineChars = 65_536

const activityLine = z.union([
  /** Something went through; numbers rise by one in each session. */
  z.object({ number: z.int().positive(), entry: activityEntry }),
  /** So many before the next were left out. */
  z.object({ lost: z.int().positive() }),
  /** What comes from here on happens now. */
  z.object({ live: z.literal(true) }),
])

export type ActivityLine = z.infer<typeof activityLine>

/** Reads lines out of bytes, however they are cut. */
export class ActivityReader {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  #rest = ''
  #number = 0

  /**
   * Takes what came next.
   *
   * @returns the lines that it completes
   * @throws PROTOCOL_ERROR when it is not what a relay sends; nothing after it can be trusted
   */
  push(bytes: Uint8Array): ActivityLine[] {
    const text = this.#rest + this.#decode(bytes)
    const lines = text.includes('\n') ? text.split('\n') : [text]
    this.#rest = lines.pop() as string
    if (this.#rest.length > maxLineChars) throw protocolError('activity: line too long')
    return lines.map((line) => this.#parse(line))
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes, { stream: true })
    } catch {
      throw protocolError('activity: not UTF-8')
    }
  }

  #parse(text: string): ActivityLine {
    if (text.length > maxLineChars) throw protocolError('activity: line too long')
    const parsed = activityLine.safeParse(parseJson(text))
    if (!parsed.success) throw protocolError('activity: line of another form')
    const line = parsed.data
    if ('number' in line) {
      if (line.number <= this.#number) throw protocolError('activity: numbers that do not rise')
      this.#number = line.number
    }
    return line
  }
}
