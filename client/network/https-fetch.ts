import { Agent, fetch } from 'undici'
import { dial } from './dial.ts'

const connectTimeoutMs = 10_000
const responseTimeoutMs = 20_000

export type HttpsFetch = (url: string, init?: Record<string, unknown>) => Promise<Response>

/**
 * A `fetch` that goes the way of `dial`, follows no redirect and does not wait for ever. A redirect could lead a
 * token or a sign-in elsewhere.
 *
 * @param ca PEM of authorities to trust besides this machine's; null for none
 */
export function httpsFetch(ca: string | null): HttpsFetch {
  const dispatcher = new Agent({
    connect: ({ protocol, host = '' }, callback) => {
      dial(new URL(`${protocol}//${host}`), { ca, timeoutMs: connectTimeoutMs }).then(
        (socket) => callback(null, socket),
        (error) => callback(error, null),
      )
    },
    headersTimeout: responseTimeoutMs,
    bodyTimeout: responseTimeoutMs,
    // Nothing here is asked often; open sockets would only keep the process alive.
    keepAliveTimeout: 1000,
    keepAliveMaxTimeout: 1000,
  })
  return (url, init = {}) =>
    fetch(url, { redirect: 'manual', ...init, dispatcher }) as unknown as Promise<Response>
}

/** The text of a response of at most `maxBytes`; null when there is more. */
export async function textUpTo(
  response: { readonly body: AsyncIterable<Uint8Array> | ReadableStream | null },
  maxBytes: number,
): Promise<string | null> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > maxBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
