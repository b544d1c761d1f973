import { z } from 'zod'
import { isReserved } from '../upstream/headers.ts'
import type { Exchange } from './exchange.ts'

/** What filters change about the headers of a request and of its answer; a value of null takes a header out. */
export interface HeaderEdits {
  readonly request: Map<string, string | null>
  readonly response: Map<string, string | null>
}

/** What says where a message ends, how it is read, whose it is, or where it leads: the relay's business alone. */
const ownRequest: ReadonlySet<string> = new Set([
  'host',
  'cookie',
  'content-length',
  'content-encoding',
  'content-type',
  'origin',
])
const ownResponse: ReadonlySet<string> = new Set([
  'set-cookie',
  'content-length',
  'content-encoding',
  'content-range',
  'content-type',
  'location',
  'www-authenticate',
])

export const side = z.enum(['request', 'response'])

/** RFC 9110 §5.1 token, lower-cased. */
export const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^`|~0-9A-Za-z-]{1,100}$/, 'a header name')
  .transform((name) => name.toLowerCase())

/** What is wrong with touching a header; null where nothing is. */
export function headerMistake({ on, name }: { on: z.infer<typeof side>; name: string }) {
  const own = on === 'request' ? ownRequest : ownResponse
  if (!isReserved(name) && !own.has(name)) return null
  return { key: 'name', what: `${name} says who asks, or frames the message, and is the relay’s own` }
}

/** The edits of an exchange, to be added to. */
export function editsOf(exchange: Exchange): HeaderEdits {
  exchange.edits ??= { request: new Map(), response: new Map() }
  return exchange.edits
}

/** @param headers name, value, name, value … */
export function applyEdits(headers: string[], edits: ReadonlyMap<string, string | null>): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    if (edits.has((headers[i] as string).toLowerCase())) headers.splice(i, 2)
  }
  for (const [name, value] of edits) if (value !== null) headers.push(name, value)
}
