import type { Case, Content } from './cases.ts'
import { type RawMessage, valuesOf } from './messages.ts'
import type { Replay } from './replay.ts'

/** What the upstream saw of a case. */
export interface Sight {
  /** The whole requests, in the order in which they were whole. */
  readonly seen: readonly RawMessage[]
  /** The beginnings of requests that never ended. */
  readonly begun: readonly string[]
  /** What was wrong with the bytes that came. */
  readonly errors: readonly Error[]
}

/** What a server may add to a request, or write anew. All else is forwarded byte for byte. */
const relayed: ReadonlySet<string> = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'expect',
  'host',
  'transfer-encoding',
  'upgrade',
  'x-forwarded-for',
])

/**
 * In what a server differed from what a case asks for, in words; empty where it did not.
 *
 * @param request the bytes that were sent
 * @param sight null where its upstream is not ours: then an answer may have any status but 400 where it is not
 *   the server's own
 */
export function differences(
  each: Case,
  host: string,
  request: Buffer,
  came: Replay,
  sight: Sight | null,
): string[] {
  const found: string[] = []
  const isOwn = each.statuses.length > each.seen.length
  const statuses = came.statuses.join(' ') || 'nothing'
  const asExpected =
    each.statuses.length === came.statuses.length &&
    each.statuses.every((status, i) =>
      sight === null && each.seen.length > 0 && status !== 400
        ? came.statuses[i] !== 400
        : status === came.statuses[i],
    )
  if (!asExpected) found.push(`answered ${statuses} instead of ${each.statuses.join(' ') || 'nothing'}`)
  if (came.after === 'out of step') found.push('the connection is out of step')
  else if (asExpected && isOwn && each.closes && came.after !== 'closed') {
    found.push('the connection stays open after a 400')
  }
  if (sight === null) return found
  const answer = came.answers.at(-1)
  if (answer) found.push(...contentDifferences('the answer', answer, each.answered, host))
  found.push(...sightDifferences(each, host, request, sight))
  return found
}

/** The upstream saw what it had to see and nothing else, each request delimited once. */
function sightDifferences(
  each: Case,
  host: string,
  request: Buffer,
  { seen, begun, errors }: Sight,
): string[] {
  const found = errors.map((error) => `the upstream got what is no HTTP: ${error.message}`)
  const lines = seen.map(({ startLine }) => startLine)
  const [expected, partial] = [each.seen.map(({ line }) => line), each.begun].map((all) =>
    all.map((line) => line.replaceAll('{host}', host)),
  ) as [string[], string[]]
  // Whom the upstream has answered early may still have sent it the rest.
  const isWholeOfBegun = each.answer.isEarly && lines.join() === partial.join()
  if (lines.join('\n') !== expected.join('\n') && !isWholeOfBegun) {
    found.push(`the upstream saw ${JSON.stringify(lines)} instead of ${JSON.stringify(expected)}`)
  }
  for (const bytes of begun) {
    const line = bytes.split('\r\n', 1)[0] as string
    if (!partial.includes(line)) found.push(`the upstream saw the beginning of ${JSON.stringify(line)}`)
  }
  if (found.length > 0) return found
  for (const [i, content] of each.seen.entries()) {
    const message = seen[i] as RawMessage
    found.push(...contentDifferences('the upstream', message, content, host))
    if (valuesOf(message, 'host').length !== 1) found.push('the upstream saw several Hosts')
    if (i === 0) found.push(...headDifferences(request, message, content))
  }
  return found
}

/** Headers are forwarded as they were spelled and in their order, but for what the server has to write itself. */
function headDifferences(request: Buffer, message: RawMessage, { lacks }: Content): string[] {
  const own = new Set(lacks.map((line) => line.split(':', 1)[0]?.toLowerCase()))
  const isKept = (name: string) => !relayed.has(name.toLowerCase()) && !own.has(name.toLowerCase())
  const [, ...sent] =
    request
      .toString('latin1')
      .replace(/^(\r\n)+/, '')
      .split('\r\n\r\n', 1)[0]
      ?.split('\r\n') ?? []
  const before = sent
    .map((line) => /^([^:]*):[ \t]*(.*?)[ \t]*$/s.exec(line) ?? [])
    .filter(([, name = '']) => isKept(name))
    .map(([, name, value]) => `${name}: ${value}`)
  const after = message.headers.filter(([name]) => isKept(name)).map(([name, value]) => `${name}: ${value}`)
  if (before.join('\n') === after.join('\n')) return []
  return [`the upstream saw the headers ${JSON.stringify(after)} instead of ${JSON.stringify(before)}`]
}

function contentDifferences(who: string, message: RawMessage, content: Content, host: string): string[] {
  const names = message.headers.map(([name]) => name.toLowerCase())
  const lines = message.headers.map(([name, value]) => `${name.toLowerCase()}: ${value}`)
  const lower = (line: string) =>
    line.replace(/^[^:]*/, (name) => name.toLowerCase()).replaceAll('{host}', host)
  const found: string[] = []
  for (const line of content.has) if (!lines.includes(lower(line))) found.push(`${who} lacks ${line}`)
  for (const line of content.lacks) {
    if ((line.includes(':') ? lines : names).includes(lower(line))) found.push(`${who} has ${line}`)
  }
  if (content.body !== null && content.body !== message.body) {
    found.push(
      `${who} has the body ${JSON.stringify(message.body)} instead of ${JSON.stringify(content.body)}`,
    )
  }
  return found
}
