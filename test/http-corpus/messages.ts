/**
 * Reads HTTP/1.1 messages out of raw bytes, without Node's parser and with no more tolerance than RFC 9112 asks for:
 * so that what is checked is what was on the wire.
 */
export interface RawMessage {
  readonly startLine: string
  /** As they came. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/**
 * @param bodyless whether the message at an index has no body, whatever its headers say (RFC 9112 §6.3)
 * @param isOver whether no more comes, so that an answer without a length has ended
 * @returns the whole messages, and what follows them
 * @throws Error when it is no HTTP
 */
export function readMessages(
  bytes: string,
  bodyless: (startLine: string, index: number) => boolean,
  isOver = false,
): { messages: RawMessage[]; rest: string } {
  const messages: RawMessage[] = []
  let rest = bytes
  for (;;) {
    const headEnd = rest.indexOf('\r\n\r\n')
    if (headEnd < 0) return { messages, rest }
    const [startLine = '', ...lines] = rest.slice(0, headEnd).split('\r\n')
    const headers = lines.map(headerOf)
    const body = bodyless(startLine, messages.length)
      ? ({ text: '', end: headEnd + 4 } as const)
      : bodyAt(rest, headEnd + 4, headers, startLine, isOver)
    if (body === null) return { messages, rest }
    messages.push({ startLine, headers, body: body.text })
    rest = rest.slice(body.end)
    if (startLine.startsWith('HTTP/1.1 101')) return { messages, rest }
  }
}

export function valuesOf(message: RawMessage, name: string): string[] {
  return message.headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value)
}

function headerOf(line: string): readonly [string, string] {
  const [, name, value] =
    /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/.exec(line) ?? []
  if (name === undefined || value === undefined) throw new Error(`no header: ${JSON.stringify(line)}`)
  return [name, value]
}

interface Body {
  readonly text: string
  readonly end: number
}

function bodyAt(
  bytes: string,
  at: number,
  headers: RawMessage['headers'],
  startLine: string,
  isOver: boolean,
): Body | null {
  const all = (name: string) =>
    headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value)
  const [lengths, codings] = [all('content-length'), all('transfer-encoding')]
  if (lengths.length + codings.length > 1) throw new Error(`delimited twice: ${startLine}`)
  const [length, coding] = [lengths[0], codings[0]]
  if (coding === 'chunked') return chunksAt(bytes, at)
  if (coding !== undefined) throw new Error(`coding: ${coding}`)
  if (length === undefined) {
    if (!startLine.startsWith('HTTP/')) return { text: '', end: at }
    return isOver ? { text: bytes.slice(at), end: bytes.length } : null
  }
  if (!/^\d+$/.test(length)) throw new Error(`length: ${length}`)
  const end = at + Number(length)
  return end <= bytes.length ? { text: bytes.slice(at, end), end } : null
}

function chunksAt(bytes: string, from: number): Body | null {
  let [text, at] = ['', from]
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const line = bytes.slice(at, lineEnd)
    if (!/^[0-9a-f]+$/i.test(line)) throw new Error(`chunk: ${JSON.stringify(line)}`)
    const size = Number.parseInt(line, 16)
    const end = lineEnd + 2 + size
    if (bytes.length < end + 2) return null
    if (bytes.slice(end, end + 2) !== '\r\n') throw new Error('a chunk does not end')
    text += bytes.slice(lineEnd + 2, end)
    at = end + 2
    if (size === 0) return { text, end: at }
  }
}
