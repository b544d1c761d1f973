import { createLocalJWKSet, type JWTPayload } from 'jose'
import type { Keyring } from '../oauth/keyring.ts'
import type { Authenticator } from './authenticator.ts'
import { principalOf } from './claims.ts'
import { createJwtAuthenticator } from './jwt-authenticator.ts'
import type { GroupsMissing, Principal } from './principal.ts'

/**
 * For the access tokens that the relay itself has issued.
 *
 * @param speaksFor by where an authenticator stands in the configuration, the issuer whose people it may have let in:
 *   tokens outlive a change of the configuration
 */
export function createOwnTokenAuthenticator(o: {
  keyring: Keyring
  publicUrl: string
  clockToleranceSeconds: number
  speaksFor: Readonly<Record<string, string>>
}): Authenticator {
  return createJwtAuthenticator({
    path: 'identity.tokens',
    issuer: o.publicUrl,
    speaksFor: Object.values(o.speaksFor),
    audience: o.publicUrl,
    algorithms: ['EdDSA'],
    clockToleranceSeconds: o.clockToleranceSeconds,
    tokenTypes: ['at+jwt'],
    keys: async () => (header, token) => createLocalJWKSet({ keys: [...o.keyring.published] })(header, token),
    principalOf(payload, { kid }) {
      const { by, idp, kind } = payload
      if (
        typeof by !== 'string' ||
        typeof idp !== 'string' ||
        !Object.hasOwn(o.speaksFor, by) ||
        o.speaksFor[by] !== idp
      )
        throw new Error('whoever let them in lets nobody in any more')
      const principal = principalOf(payload, 'groups', by)
      return Object.freeze({
        ...principal,
        ...missingOf(payload),
        authentication: Object.freeze({ ...principal.authentication, keyId: kid as string }),
        issuer: idp,
        kind: kind === 'machine' ? 'machine' : 'person',
      } as const)
    },
  })
}

/** What was not known of someone's groups then is not known now. */
function missingOf({ groups_missing: missing }: JWTPayload): Pick<Principal, 'groupsMissing'> {
  return missing === undefined ? {} : { groupsMissing: missing as GroupsMissing }
}
