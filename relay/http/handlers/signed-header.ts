import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Principal } from '../../identity/principal.ts'
import { type SignedHeader, signedHeaderOf } from '../../identity/signed-headers/signed-header.ts'
import type { Handler } from '../exchange.ts'

/**
 * On a balancer's listener, who asks is whom the balancer has signed in, and no other credential counts. Everywhere else
 * its header means nothing.
 *
 * @param headers by the listener's name
 * @param check refuses those whose access has been taken away since
 * @param otherwise says who asks everywhere else
 * @throws UNAUTHENTICATED, TOKEN_EXPIRED, ACCESS_REVOKED
 * @throws PROVIDER_UNREACHABLE (a retry can help)
 */
export function signedHeader(
  headers: ReadonlyMap<string, SignedHeader>,
  check: (principal: Principal) => void,
  otherwise: Handler,
): Handler {
  return (next) => {
    const elsewhere = otherwise(next)
    return (exchange) => {
      if (!exchange.entrance) return elsewhere(exchange)
      const header = headers.get(exchange.entrance.name)
      if (!header) throw new JetwayError('INTERNAL')
      const token = tokenOf(exchange.request.rawHeaders, header.name)
      return header.authenticator.authenticate(token).then(({ principal, keyThumbprint }) => {
        if (keyThumbprint !== null) throw refused(new Error('it is bound to a key'))
        exchange.principal = principal
        check(principal)
        return next(exchange)
      })
    }
  }
}

function tokenOf(rawHeaders: readonly string[], name: string): string {
  try {
    return signedHeaderOf(rawHeaders, name)
  } catch (cause) {
    throw refused(cause)
  }
}

function refused(cause: unknown): JetwayError {
  return new JetwayError('UNAUTHENTICATED', {}, { cause })
}
