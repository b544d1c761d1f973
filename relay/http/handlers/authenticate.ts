import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Authenticated, Credentials } from '../../identity/authenticator.ts'
import type { Principal } from '../../identity/principal.ts'
import { credentialsOf } from '../credentials.ts'
import type { Handler } from '../exchange.ts'

/**
 * Who asks. A tunnel's session was authenticated when it was opened; direct HTTP brings its credentials along.
 *
 * @param publicUrl where callers reach the relay
 * @param check refuses those whose access has been taken away since
 * @throws UNAUTHENTICATED, TOKEN_EXPIRED, ACCESS_REVOKED, SESSION_ENDED, DPOP_NONCE_REQUIRED
 */
export function authenticate(
  publicUrl: string,
  verify: (credentials: Credentials) => Promise<Authenticated>,
  check: (principal: Principal, session: string | null) => void,
): Handler {
  return (next) => (exchange) => {
    if (exchange.tunnel) {
      const { principal, id } = exchange.tunnel
      // The session has some moments more, for answers that are on their way.
      if (principal.expires * 1000 <= Date.now()) throw new JetwayError('TOKEN_EXPIRED')
      check(principal, id)
      return next(exchange)
    }
    const credentials = credentialsOf(exchange.request, publicUrl)
    if (credentials === null) throw new JetwayError('UNAUTHENTICATED')
    return verify(credentials).then(({ principal, nextNonce }) => {
      check(principal, null)
      exchange.principal = principal
      if (nextNonce !== null) exchange.response.setHeader('dpop-nonce', nextNonce)
      return next(exchange)
    })
  }
}
