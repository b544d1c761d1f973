/** `GET /access-requests/feed` of the relay's own service inside a session, line by line; see docs/protocol.md. */
import { parseJson } from '../parse-json.ts'
import { protocolError } from '../protocol/message.ts'
import { type AccessRequests, accessRequests } from './access-requests.ts'

/** Four times what a relay tells at once. */
const maxLineChars = 1_048_576

/** Reads what is told out of bytes, however they are cut. Each line is the whole of it. */
export class AccessRequestsReader {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  /** Of the line that is not complete yet. */
  #parts: string[] = []
  #chars = 0

  /**
   * Takes what came next.
   *
   * @returns what is told by the lines that it completes
   * @throws PROTOCOL_ERROR when it is not what a relay sends; nothing after it can be trusted
   */
  push(bytes: Uint8Array): AccessRequests[] {
    const [first = '', ...more] = this.#decode(bytes).split('\n')
    this.#keep(first)
    return more.map((text) => {
      const line = this.#parts.join('')
      this.#parts = []
      this.#chars = 0
      this.#keep(text)
      return parse(line)
    })
  }

  #keep(text: string): void {
    this.#chars += text.length
    if (this.#chars > maxLineChars) throw protocolError('access requests: line too long')
    this.#parts.push(text)
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes, { stream: true })
    } catch {
      throw protocolError('access requests: not UTF-8')
    }
  }
}

function parse(line: string): AccessRequests {
  const parsed = accessRequests.safeParse(parseJson(line))
  if (!parsed.success) throw protocolError('access requests: line of another form')
  return parsed.data
}
