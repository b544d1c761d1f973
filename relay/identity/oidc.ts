import type { JWTPayload } from 'jose'
import type { OidcConfig } from '#shared/config/identity/oidc.ts'
import type { Authenticator } from './authenticator.ts'
import { principalOf } from './claims.ts'
import { createJwtAuthenticator } from './jwt-authenticator.ts'
import { discoverKeys } from './provider-keys.ts'

const path = 'identity.oidc'

/** For the access tokens (RFC 9068) of the OpenID provider where people sign in. */
export function createOidcAuthenticator(config: OidcConfig): Authenticator {
  const { issuer, audience, algorithms, clockToleranceSeconds, tokenTypes, groupsClaim } = config
  return createJwtAuthenticator({
    path,
    issuer,
    audience,
    algorithms,
    clockToleranceSeconds,
    tokenTypes,
    keys: () => discoverKeys(issuer),
    principalOf(payload) {
      requireAccessToken(payload)
      return principalOf(payload, groupsClaim, path)
    },
  })
}

/** Where the type is the plain JWT, an ID token must still not pass: only those carry these claims. */
function requireAccessToken(payload: JWTPayload): void {
  for (const claim of ['nonce', 'at_hash', 'c_hash']) {
    if (payload[claim] !== undefined) throw new Error('an ID token is not an access token')
  }
}
