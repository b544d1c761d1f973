import { harmlessTarget, type RawUpstream } from '../support/raw-upstream.ts'
import { type Case, requestFor } from './cases.ts'
import { differences } from './judge.ts'
import { type Replay, replay } from './replay.ts'

/** A server that is asked. */
export interface Server {
  readonly address: string
  readonly port: number
  /** Null for plain HTTP; without an authority of its own, the usual ones are trusted. */
  readonly tls: { readonly ca: Buffer | undefined } | null
  /** What it is called in Host. */
  readonly host: string
  /** The access token that it asks for; null where it asks for none. */
  readonly bearer: string | null
}

/**
 * Asks a server what a case says.
 *
 * @param upstream what the server forwards to; null where it is not ours
 */
export async function check(
  each: Case,
  { address, port, tls, host, bearer }: Server,
  upstream: RawUpstream | null,
  timeoutMs: number,
): Promise<{ came: Replay; differences: string[] }> {
  upstream?.begin(each.answer)
  const request = requestFor(each.request, host, bearer)
  const came = await replay({
    address,
    port,
    tls,
    request,
    expected: each.statuses.filter((status) => status >= 200 || status === 101).length,
    harmless: requestFor(
      `GET ${harmlessTarget} HTTP/1.1\r\nHost: {host}\r\n{auth}Connection: close\r\n\r\n`,
      host,
      bearer,
    ),
    timeoutMs,
  })
  // What was begun and will never be whole is cut.
  await upstream?.idle(timeoutMs)
  return { came, differences: differences(each, host, request, came, upstream) }
}
