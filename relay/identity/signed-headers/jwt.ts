import { createLocalJWKSet, type JWK } from 'jose'
import type { SignedHeaderOf } from '#shared/config/identity/signed-headers.ts'
import type { Authenticator } from '../authenticator.ts'
import { principalOf } from '../claims.ts'
import { createJwtAuthenticator } from '../jwt-authenticator.ts'
import { remoteKeys, strongKeys } from '../provider-keys.ts'
import { withMembership } from './members.ts'

/**
 * For what any other proxy signs.
 *
 * @param jwks its keys, where the configuration has them in a file
 */
export function createJwtHeader(
  path: string,
  config: SignedHeaderOf<'jwt'>,
  jwks: readonly JWK[] | null,
): Authenticator {
  const { issuer, audience, algorithms, clockToleranceSeconds, groupsClaim, jwksUrl } = config
  return createJwtAuthenticator({
    path,
    issuer,
    audience,
    algorithms,
    clockToleranceSeconds,
    tokenTypes: ['JWT', 'none'],
    keys: async () => {
      if (jwksUrl === undefined) return strongKeys(createLocalJWKSet({ keys: [...(jwks ?? [])] }))
      const url = new URL(jwksUrl)
      return remoteKeys(url, url.origin)
    },
    principalOf: (payload) => withMembership(principalOf(payload, groupsClaim, path), payload, config),
  })
}
