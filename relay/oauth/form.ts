import type { Exchange } from '../http/exchange.ts'
import { isMediaType } from '../http/media-type.ts'
import { readBody } from '../http/read-body.ts'

const maxParameters = 30

/**
 * Reads parameters as RFC 6749 §3.1 and §3.2 have them: nothing twice, and what is empty is not there.
 *
 * @returns null where one stands twice, or there are too many
 */
export function parametersOf(text: string): ReadonlyMap<string, string> | null {
  const parameters = new Map<string, string>()
  const seen = new Set<string>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (seen.has(name) || seen.size >= maxParameters) return null
    seen.add(name)
    if (value !== '') parameters.set(name, value)
  }
  return parameters
}

/**
 * Reads a form.
 *
 * @returns null where it is none, or cannot be read in one way only
 * @throws BODY_TOO_LARGE, BAD_REQUEST, STREAM_RESET
 */
export async function formOf(
  exchange: Exchange,
  maxBytes: number,
): Promise<ReadonlyMap<string, string> | null> {
  const body = await readBody(exchange, maxBytes)
  if (!isMediaType(exchange.request, 'application/x-www-form-urlencoded')) return null
  return parametersOf(body.toString('utf8'))
}
