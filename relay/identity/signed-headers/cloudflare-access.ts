import type { JWTPayload } from 'jose'
import type { SignedHeaderOf } from '#shared/config/identity/signed-headers.ts'
import type { Authenticator } from '../authenticator.ts'
import { principalOf } from '../claims.ts'
import { createJwtAuthenticator } from '../jwt-authenticator.ts'
import { remoteKeys } from '../provider-keys.ts'
import { withMembership } from './members.ts'

/**
 * For what Cloudflare Access signs: people only, since the token of one of its service tokens has no subject.
 *
 * @see https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/application-token/
 */
export function createCloudflareAccess(
  path: string,
  config: SignedHeaderOf<'cloudflare-access'>,
): Authenticator {
  const issuer = `https://${config.team}.cloudflareaccess.com`
  return createJwtAuthenticator({
    path,
    issuer,
    audience: config.audience,
    algorithms: ['RS256'],
    clockToleranceSeconds: config.clockToleranceSeconds,
    tokenTypes: ['JWT', 'none'],
    keys: () => remoteKeys(new URL('/cdn-cgi/access/certs', issuer), issuer),
    principalOf(payload) {
      if (payload.type !== 'app')
        throw new Error(`a token of type ${String(payload.type)}, not of an application`)
      return withMembership(
        principalOf(withProviderClaims(payload), config.groupsClaim, path),
        payload,
        config,
      )
    },
  })
}

/** What the provider said of someone is in `custom`, below what Cloudflare says itself. */
function withProviderClaims(payload: JWTPayload): JWTPayload {
  const { custom } = payload
  return typeof custom === 'object' && custom !== null && !Array.isArray(custom)
    ? { ...custom, ...payload }
    : payload
}
