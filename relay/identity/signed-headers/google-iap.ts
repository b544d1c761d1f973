import type { SignedHeaderOf } from '#shared/config/identity/signed-headers.ts'
import type { Authenticator } from '../authenticator.ts'
import { principalOf } from '../claims.ts'
import { createJwtAuthenticator } from '../jwt-authenticator.ts'
import { remoteKeys } from '../provider-keys.ts'
import { withMembership } from './members.ts'

const issuer = 'https://cloud.google.com/iap'
/** Where its keys are. */
export const iapKeys = new URL('https://www.gstatic.com/iap/verify/public_key-jwk')

/**
 * For what Identity-Aware Proxy of Google Cloud signs.
 *
 * @see https://cloud.google.com/iap/docs/signed-headers-howto
 */
export function createGoogleIap(path: string, config: SignedHeaderOf<'google-iap'>): Authenticator {
  return createJwtAuthenticator({
    path,
    issuer,
    audience: config.audience,
    algorithms: ['ES256'],
    clockToleranceSeconds: config.clockToleranceSeconds,
    // The documents do not say that there is one.
    tokenTypes: ['JWT', 'none'],
    keys: () => remoteKeys(iapKeys, issuer),
    principalOf: (payload) => withMembership(principalOf(payload, config.groupsClaim, path), payload, config),
  })
}
