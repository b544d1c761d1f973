/**
 * The corpus of raw requests, `test/corpora/http/*.txt`. A case is a title and lines that begin with
 *
 *     >   what is sent; only the escapes in it end a line: \r \n \t \0 \\ \xNN
 *     <   what the upstream answers, once it has the whole request; with << as soon as it has the head
 *     x:  a value for {x}; each makes a case of its own
 *     ?   `direct` or `tunnel`: only there
 *     =   the statuses of the answers, in order; `nothing` where none comes before there is more. A 400 of the
 *         server's own closes the connection, unless it says `400 open`
 *     @   a request that the upstream sees
 *     ~   one that it may see the beginning of, never the end
 *     + - .   a header that the answer or, after @, the request has; one that it has not; its body
 *
 * {host} and {auth} are the server's, {head} is both as lines, {get}, {post}, {trigger} and {page} are targets,
 * {100*ab} is repeated, and {close} ends the upstream's connection.
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Case {
  readonly name: string
  /** The file that it is in. */
  readonly family: string
  readonly request: string
  readonly answer: Answer
  readonly only: 'direct' | 'tunnel' | null
  readonly statuses: readonly number[]
  /** Whether the connection has to be closed after a 400. */
  readonly closes: boolean
  readonly answered: Content
  readonly seen: readonly (Content & { readonly line: string })[]
  readonly begun: readonly string[]
}

/** What the upstream answers. */
export interface Answer {
  readonly text: string
  /** As soon as it has the head of a request. */
  readonly isEarly: boolean
  /** Whether the case is about it. */
  readonly isOwn: boolean
}

/** What is looked for in a head and a body. */
export interface Content {
  readonly has: readonly string[]
  readonly lacks: readonly string[]
  readonly body: string | null
}

const plainAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'

/** Targets that everyone may ask for: one is read, one streams a body, one has its body read, one is a page. */
const words: Readonly<Record<string, string>> = {
  get: '/api/v2/dags',
  post: '/api/v2/dags/hello/favorite',
  trigger: '/api/v2/dags/hello/dagRuns',
  page: '/dags/hello',
  head: 'Host: {host}\r\n{auth}',
}

const folder = join(import.meta.dirname, '../corpora/http')

export function readCases(): Case[] {
  return globSync('*.txt', { cwd: folder })
    .sort()
    .flatMap((file) => parseCases(file.replace('.txt', ''), readFileSync(join(folder, file), 'utf8')))
}

/** What is sent to a server that is known by this Host and asks for this credential. */
export function requestFor(text: string, host: string, bearer: string | null): Buffer {
  const auth = bearer === null ? '' : `Authorization: Bearer ${bearer}\r\n`
  return Buffer.from(text.replaceAll('{host}', host).replaceAll('{auth}', auth), 'latin1')
}

function parseCases(family: string, text: string): Case[] {
  return text
    .split(/^# /m)
    .slice(1)
    .flatMap((block) => {
      const [title = '', ...lines] = block.split('\n').filter((line) => line !== '')
      const values = lines.filter(isValue).map((line) => line.slice(3))
      const rest = lines.filter((line) => !isValue(line))
      if (values.length === 0) return [parseCase(family, title, rest)]
      return values.map((x) =>
        parseCase(
          family,
          `${title}: ${x}`,
          rest.map((line) => line.replaceAll('{x}', () => x)),
        ),
      )
    })
}

function isValue(line: string): boolean {
  return line === 'x:' || line.startsWith('x: ')
}

function parseCase(family: string, title: string, lines: readonly string[]): Case {
  const name = `${family}: ${title}`
  const answered = { has: [] as string[], lacks: [] as string[], body: null as string | null }
  const seen: (typeof answered & { line: string })[] = []
  const begun: string[] = []
  let [request, answer, isEarly, only] = ['', '', false, null as Case['only']]
  let [statuses, closes] = [null as number[] | null, false]
  for (const line of lines) {
    const [, sign = '', raw = ''] = /^(<<|[><?=@~+.-]) ?(.*)$/.exec(line) ?? []
    const value = decode(raw)
    const content = seen.at(-1) ?? answered
    if (sign === '>') request += value
    else if (sign === '<' || sign === '<<') {
      answer += value
      isEarly ||= sign === '<<'
    } else if (sign === '?') only = value as Case['only']
    else if (sign === '=') {
      statuses = (value.match(/\d+/g) ?? []).map(Number)
      closes = value.endsWith('400')
    } else if (sign === '@') seen.push({ line: value, has: [], lacks: [], body: null })
    else if (sign === '~') begun.push(value)
    else if (sign === '+') content.has.push(value)
    else if (sign === '-') content.lacks.push(value)
    else if (sign === '.') content.body = value
    else throw new Error(`${name}: what is ${line}?`)
  }
  if (statuses === null || request === '') throw new Error(`${name}: not a case`)
  return {
    name,
    family,
    request,
    answer: { text: answer || plainAnswer, isEarly, isOwn: answer !== '' },
    only,
    statuses,
    closes,
    answered,
    seen,
    begun,
  }
}

const escapes: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '0': '\0', '\\': '\\' }

function decode(raw: string): string {
  const text = raw
    .replaceAll(/\{(get|post|trigger|page|head)\}/g, (_, word: string) => words[word] as string)
    .replaceAll(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hex: string | undefined, letter: string) => {
      const c = hex === undefined ? escapes[letter] : String.fromCharCode(Number.parseInt(hex, 16))
      if (c === undefined) throw new Error(`no escape: \\${letter}`)
      return c
    })
  return text.replaceAll(/\{(\d+)\*([^}]+)\}/g, (_, count: string, what: string) =>
    what.repeat(Number(count)),
  )
}
