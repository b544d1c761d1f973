import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Answer } from '../http-corpus/cases.ts'
import { type RawMessage, readMessages } from '../http-corpus/messages.ts'

/** A server of bytes: what it sees is what was on the wire. */
export interface RawUpstream {
  readonly url: string
  /** Answers so from now on, and forgets what it has seen. */
  begin(answer: Answer): void
  /** The whole requests that it has seen, in the order in which they were whole. */
  readonly seen: readonly RawMessage[]
  /** Those and what is asked for between what is tested. */
  readonly all: readonly RawMessage[]
  /** The beginnings of requests that never ended. */
  readonly begun: readonly string[]
  /** Resolves when no request has come in part. @throws AbortError when that takes longer */
  idle(withinMs: number): Promise<void>
  /** What was wrong with the bytes that came. */
  readonly errors: readonly Error[]
  close(): Promise<void>
}

export async function startRawUpstream(port = 0): Promise<RawUpstream> {
  /** What has come of a request that is not whole, by connection. */
  const parts = new Map<Socket, string>()
  let seen: RawMessage[] = []
  let begun: string[] = []
  let errors: Error[] = []
  let [text, isEarly] = ['', false]
  const server = createServer((socket) => {
    parts.set(socket, '')
    let isAnswered = false
    socket.on('error', () => {})
    socket.once('close', () => {
      if (parts.get(socket) !== '') begun.push(parts.get(socket) as string)
      parts.delete(socket)
      server.emit('part')
    })
    socket.on('data', (chunk: Buffer) => {
      try {
        const read = readMessages(`${parts.get(socket)}${chunk.toString('latin1')}`, () => false)
        const { rest } = read
        seen.push(...read.messages)
        parts.set(socket, rest)
        server.emit('part')
        for (const message of read.messages) answer(socket, isHarmless(message) ? harmlessAnswer : text)
        if (isEarly && !isAnswered && rest.includes('\r\n\r\n')) {
          isAnswered = true
          answer(socket, text)
        }
      } catch (error) {
        errors.push(error as Error)
        socket.destroy()
      }
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    begin(answer) {
      ;({ text, isEarly } = answer)
      seen = []
      begun = []
      errors = []
    },
    get seen() {
      return seen.filter((message) => !isHarmless(message))
    },
    get all() {
      return seen
    },
    get begun() {
      return begun
    },
    async idle(withinMs) {
      const signal = AbortSignal.timeout(withinMs)
      while ([...parts.values()].some((part) => part !== '')) await once(server, 'part', { signal })
    },
    get errors() {
      return errors
    },
    async close() {
      for (const socket of parts.keys()) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Asked for between what is tested. */
export const harmlessTarget = '/api/v2/dags?harmless'
const harmlessAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'

function isHarmless({ startLine }: RawMessage): boolean {
  return startLine.includes(harmlessTarget)
}

function answer(socket: Socket, text: string): void {
  const close = '{close}'
  if (text.endsWith(close)) socket.end(text.slice(0, -close.length), 'latin1')
  else socket.write(text, 'latin1')
}
