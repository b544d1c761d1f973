import { JetwayError } from '#shared/errors/jetway-error.ts'
import { type WhoAmI, whoAmIPath } from '#shared/ipc/whoami.ts'
import type { Authenticated, Credentials } from '../../identity/authenticator.ts'
import type { Principal } from '../../identity/principal.ts'
import { answerJson } from '../answer-json.ts'
import { credentialsOf } from '../credentials.ts'
import type { Handler } from '../exchange.ts'

/**
 * Tells whoever shows an access token whom it stands for, on the relay's own port, never through a tunnel. Nobody learns
 * anything of anyone else, and nothing is asked of a service; who is refused is recorded as everywhere.
 *
 * @param o.publicUrl where callers reach the relay
 * @param o.check refuses those whose access has been taken away
 * @throws UNAUTHENTICATED, TOKEN_EXPIRED, ACCESS_REVOKED, SESSION_ENDED, DPOP_NONCE_REQUIRED
 */
export function whoami(o: {
  publicUrl: string
  verify: (credentials: Credentials) => Promise<Authenticated>
  check: (principal: Principal) => void
}): Handler {
  return (next) => async (exchange) => {
    const { request, response, tunnel } = exchange
    if (tunnel || request.method !== 'GET' || request.url !== whoAmIPath) return next(exchange)
    const credentials = credentialsOf(request, o.publicUrl)
    if (credentials === null) throw new JetwayError('UNAUTHENTICATED')
    const authenticated = await o.verify(credentials)
    o.check(authenticated.principal)
    if (authenticated.nextNonce !== null) response.setHeader('dpop-nonce', authenticated.nextNonce)
    return answerJson(response, 200, answerOf(authenticated))
  }
}

function answerOf({ principal, keyThumbprint }: Authenticated): WhoAmI {
  const { kind, name, email, subject, issuer, groups, groupsMissing = null, authTime, expires } = principal
  const { by, rule = null, acr } = principal.authentication
  const bound = keyThumbprint !== null
  return {
    kind,
    name,
    email,
    subject,
    issuer,
    groups: [...groups],
    groupsMissing,
    by,
    rule,
    acr,
    authTime,
    expires,
    bound,
  }
}
