import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Handler } from '../exchange.ts'

const maxTargetBytes = 8192

/**
 * Refuses every request whose target or Host two parsers could read differently, before anyone decides on it. What
 * passes is forwarded byte for byte.
 *
 * @throws BAD_REQUEST
 * @see RFC 9112 §3.2, RFC 3986 §3.3
 */
export const syntax: Handler = (next) => (exchange) => {
  const { url: target = '', headers } = exchange.request
  const reason = targetFault(target) ?? hostFault(headers.host)
  if (reason !== null) {
    // Whoever tries what is ambiguous gets no second try on a connection that others may share.
    exchange.response.shouldKeepAlive = false
    throw new JetwayError('BAD_REQUEST', { reason })
  }
  return next(exchange)
}

/** What is wrong with a request target; null where nothing is. */
export function targetFault(target: string): string | null {
  if (target.length > maxTargetBytes) return 'The address is too long.'
  if (!target.startsWith('/')) return 'The address has to be a path.'
  const queryAt = target.indexOf('?')
  const path = queryAt < 0 ? target : target.slice(0, queryAt)
  if (queryAt >= 0 && !/^[!-~]*$/.test(target.slice(queryAt)))
    return 'The query has characters that need encoding.'
  if (target.includes('#')) return 'The address has a fragment.'
  // RFC 3986 pchar without `;`, which some servers take for parameters
  if (!/^[A-Za-z0-9\-._~!$&'()*+,=:@%/]*$/.test(path)) return 'The path has characters that need encoding.'
  if (path.includes('//')) return 'The path has an empty segment.'
  if (!path.includes('%')) return /\/\.{1,2}(\/|$)/.test(path) ? 'The path has a dot segment.' : null
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) return 'The path has a broken escape.'
  if (/%(2f|5c|3b|7f|[01][0-9a-f])/i.test(path))
    return 'The path has an encoded separator or control character.'
  try {
    const decoded = decodeURIComponent(path)
    if (/%[0-9a-f]{2}/i.test(decoded)) return 'The path is encoded twice.'
    return /\/\.{1,2}(\/|$)/.test(decoded) ? 'The path has a dot segment.' : null
  } catch {
    return 'The path is not UTF-8.'
  }
}

/** What is wrong with a Host (RFC 9110 §7.2, without escapes); null where nothing is. */
function hostFault(host: string | undefined): string | null {
  if (host === undefined) return 'There has to be a Host.'
  return /^([A-Za-z0-9\-._]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$/.test(host)
    ? null
    : 'The Host is not a name and a port.'
}
