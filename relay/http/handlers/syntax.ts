import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Handler } from '../exchange.ts'

const maxTargetBytes = 8192

/**
 * Refuses every request whose target two parsers could read differently, before anyone decides on it. What
 * passes is forwarded byte for byte.
 *
 * @throws BAD_REQUEST
 * @see RFC 9112 §3.2, RFC 3986 §3.3
 */
export const syntax: Handler = (next) => (exchange) => {
  const { url: target = '', rawHeaders } = exchange.request
  const reason = targetFault(target) ?? headersFault(rawHeaders)
  if (reason !== null) throw new JetwayError('BAD_REQUEST', { reason })
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
  if (/%25[0-9a-f]{2}/i.test(path)) return 'The path is encoded twice.'
  try {
    const decoded = decodeURIComponent(path)
    return /\/\.{1,2}(\/|$)/.test(decoded) ? 'The path has a dot segment.' : null
  } catch {
    return 'The path is not UTF-8.'
  }
}

function headersFault(rawHeaders: readonly string[]): string | null {
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if ((rawHeaders[i] as string).toLowerCase() === 'host') hosts += 1
  }
  return hosts === 1 ? null : 'There has to be one Host.'
}
