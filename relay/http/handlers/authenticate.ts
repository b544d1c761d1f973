import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Principal } from '../../identity/principal.ts'
import { bearerTokenOf } from '../bearer-token.ts'
import type { Handler } from '../exchange.ts'

/**
 * Who asks. A tunnel's session was authenticated when it was opened; direct HTTP brings a bearer token
 * (RFC 6750 §2.1, the header form only).
 *
 * @param check refuses those whose access has been taken away since
 * @throws UNAUTHENTICATED, TOKEN_EXPIRED, ACCESS_REVOKED
 */
export function authenticate(
  verify: (accessToken: string) => Promise<Principal>,
  check: (principal: Principal) => void,
): Handler {
  return (next) => (exchange) => {
    if (exchange.tunnel) {
      const { principal } = exchange.tunnel
      // The session has some moments more, for answers that are on their way.
      if (principal.expires * 1000 <= Date.now()) throw new JetwayError('TOKEN_EXPIRED')
      check(principal)
      return next(exchange)
    }
    const token = bearerTokenOf(exchange.request)
    if (token === null) throw new JetwayError('UNAUTHENTICATED')
    return verify(token).then((principal) => {
      check(principal)
      exchange.principal = principal
      return next(exchange)
    })
  }
}
