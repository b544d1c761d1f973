import type { IncomingHttpHeaders } from 'node:http'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { ErrorCode } from '#shared/errors/table.ts'
import type { Exchange, Handler } from '../exchange.ts'

/**
 * Keeps other sites out of a port on localhost: DNS rebinding by Host, CSRF by Origin and Sec-Fetch-Site,
 * cross-site WebSockets by Origin. A link from a chat or a mail still opens.
 *
 * Direct HTTP needs none of this: its credential is a header that no foreign page can set. A balancer's listener needs
 * it: there the browser's cookies let every page's requests in.
 *
 * @throws HOST_NOT_ALLOWED, ORIGIN_NOT_ALLOWED
 */
export const guard: Handler = (next) => (exchange) => {
  const origins = originsOf(exchange)
  if (origins !== null) {
    const { method = '', headers } = exchange.request
    const code = foreign(method, headers, origins)
    if (code !== null) throw new JetwayError(code)
  }
  return next(exchange)
}

function originsOf({ tunnel, entrance, serviceName }: Exchange): readonly string[] | null {
  if (entrance) return [entrance.publicOrigin]
  return tunnel && serviceName !== null ? tunnel.originsOf(serviceName) : null
}

/** Why a request to one of `origins` is not to be trusted; null where it is. */
export function foreign(
  method: string,
  headers: IncomingHttpHeaders,
  origins: readonly string[],
): Extract<ErrorCode, 'HOST_NOT_ALLOWED' | 'ORIGIN_NOT_ALLOWED'> | null {
  const { host, origin } = headers
  const own =
    origins.find((each) => each === `http://${host}` || each === `https://${host}`) ??
    (isLocalName(host, origins) ? `http://${host}` : null)
  if (own === null) return 'HOST_NOT_ALLOWED'
  if (origin !== undefined && origin !== own) return 'ORIGIN_NOT_ALLOWED'
  const site = headers['sec-fetch-site']
  // Absent: no browser, or one that is too old to be attacked through a header it does not send.
  if (site === undefined || site === 'same-origin' || site === 'none') return null
  const isPlainNavigation =
    (method === 'GET' || method === 'HEAD') &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document' &&
    headers.upgrade === undefined
  return isPlainNavigation ? null : 'ORIGIN_NOT_ALLOWED'
}

/** `prod.localhost:8080`: names under .localhost never leave the machine (RFC 6761 §6.3). */
function isLocalName(host: string | undefined, origins: readonly string[]): boolean {
  const [, port] = /^[a-z0-9][a-z0-9-]{0,62}\.localhost:([0-9]{1,5})$/.exec(host ?? '') ?? []
  return port !== undefined && origins.includes(`http://localhost:${port}`)
}
