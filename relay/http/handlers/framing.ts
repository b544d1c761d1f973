import { JetwayError } from '#shared/errors/jetway-error.ts'
import { asksForWebSocket } from '../asks-for-web-socket.ts'
import type { Exchange, Handler } from '../exchange.ts'

/** Fields that mean nothing, or two things, when they come twice: each a bit. */
const singletons: ReadonlyMap<string, number> = new Map(
  ['authorization', 'content-length', 'content-type', 'expect', 'host', 'origin', 'transfer-encoding'].map(
    (name, i) => [name, 1 << i],
  ),
)
/** Bits: the lengths of their names. Most headers have another one, and need no closer look. */
const singletonLengths = [...singletons.keys()].reduce((bits, { length }) => bits | (1 << length), 0)

/** What Connection must not take out of a request: without it the request would be another one. */
const endToEnd: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'host',
  'origin',
  'transfer-encoding',
])

/**
 * Refuses every request that two parsers could delimit differently: what Node's parser has refused (both lengths,
 * several lengths, folding, bare CR or LF, and so on), and what it lets pass.
 *
 * @throws BAD_REQUEST
 * @see RFC 9112 §6, §11.2
 */
export function framing(maxHeaders: number): Handler {
  return (next) => (exchange) => {
    const reason = framingFault(exchange, maxHeaders)
    const fault = exchange.fault ?? (reason === null ? null : new JetwayError('BAD_REQUEST', { reason }))
    if (fault) {
      // Where the next request begins is not known for certain.
      exchange.response.shouldKeepAlive = false
      throw fault
    }
    return next(exchange)
  }
}

/** What is wrong with a request's framing; null where nothing is. */
function framingFault(
  { request, upgrade }: Pick<Exchange, 'request' | 'upgrade'>,
  maxHeaders: number,
): string | null {
  const { httpVersion, method, rawHeaders } = request
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 'The version has to be HTTP/1.1 or HTTP/1.0.'
  if (method === 'CONNECT') return 'This is no proxy.'
  if (httpVersion === '1.1' && request.headers.host === undefined) return 'There has to be a Host.'
  if (rawHeaders.length > 2 * maxHeaders) return `There are more than ${maxHeaders} headers.`
  let seen = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const raw = rawHeaders[i] as string
    if ((singletonLengths & (1 << raw.length)) === 0) continue
    const bit = singletons.get(raw.toLowerCase()) ?? 0
    if ((seen & bit) !== 0) return `There is more than one ${raw.toLowerCase()}.`
    seen |= bit
  }
  const { connection, expect, 'content-length': length, 'transfer-encoding': coding } = request.headers
  if (length !== undefined && !/^(0|[1-9][0-9]{0,14})$/.test(length))
    return 'The content-length is not a plain number.'
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked') return 'The only transfer coding here is chunked.'
    if (httpVersion === '1.0') return 'HTTP/1.0 has no transfer codings.'
  }
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    return 'All that can be expected here is 100-continue.'
  }
  if (connection !== undefined && connection !== 'keep-alive') {
    const option = connection
      .toLowerCase()
      .split(/[ \t]*,[ \t]*/)
      .find((name) => endToEnd.has(name))
    if (option !== undefined) return `Connection must not name ${option}.`
  }
  if (upgrade) {
    if (!asksForWebSocket(request)) return 'The only upgrade here is to WebSocket.'
    if (coding !== undefined || (length ?? '0') !== '0') return 'A request to upgrade has no body.'
  }
  return null
}
