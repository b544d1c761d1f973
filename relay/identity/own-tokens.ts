import { isDeepStrictEqual } from 'node:util'
import { createLocalJWKSet, type JWTPayload } from 'jose'
import type { Keyring } from '../oauth/keyring.ts'
import type { TokenSource } from '../oauth/token-sources.ts'
import type { Authenticator } from './authenticator.ts'
import { principalOf } from './claims.ts'
import { createJwtAuthenticator } from './jwt-authenticator.ts'
import type { GroupsMissing, Principal } from './principal.ts'

type OwnSource = Pick<TokenSource, 'path' | 'speaksFor' | 'groupsOf'>

/**
 * For the access tokens that the relay itself has issued. They outlive a change of the configuration: whoever let someone
 * in has to be there still, and where the configuration says who is in groups, it is what it says now that counts.
 */
export function createOwnTokenAuthenticator(o: {
  keyring: Keyring
  publicUrl: string
  clockToleranceSeconds: number
  sources: readonly OwnSource[]
}): Authenticator {
  const sources = new Map(o.sources.map((source) => [source.path, source]))
  return createJwtAuthenticator({
    path: 'identity.tokens',
    issuer: o.publicUrl,
    speaksFor: o.sources.map(({ speaksFor }) => speaksFor),
    audience: o.publicUrl,
    algorithms: ['EdDSA'],
    clockToleranceSeconds: o.clockToleranceSeconds,
    tokenTypes: ['at+jwt'],
    keys: async () => (header, token) => createLocalJWKSet({ keys: [...o.keyring.published] })(header, token),
    principalOf(payload, { kid }) {
      const { by, idp, kind } = payload
      const source = typeof by === 'string' ? sources.get(by) : undefined
      if (!source || source.speaksFor !== idp) throw new Error('whoever let them in lets nobody in any more')
      const principal = principalOf(payload, 'groups', source.path)
      return Object.freeze({
        ...principal,
        ...missingOf(payload),
        groups: Object.freeze([...groupsNow(principal, source)]),
        authentication: Object.freeze({ ...principal.authentication, keyId: kid as string }),
        issuer: source.speaksFor,
        kind: kind === 'machine' ? 'machine' : 'person',
      } as const)
    },
    stillKnows(principal) {
      const source = sources.get(principal.authentication.by)
      return source !== undefined && hasGroupsOf(principal, source)
    },
  })
}

/** @throws Error when it lets them in no more */
function groupsNow(principal: Principal, { groupsOf }: OwnSource): readonly string[] {
  return groupsOf?.(principal) ?? principal.groups
}

function hasGroupsOf(principal: Principal, source: OwnSource): boolean {
  try {
    return isDeepStrictEqual(groupsNow(principal, source), principal.groups)
  } catch {
    return false
  }
}

/** What was not known of someone's groups then is not known now. */
function missingOf({ groups_missing: missing }: JWTPayload): Pick<Principal, 'groupsMissing'> {
  return missing === undefined ? {} : { groupsMissing: missing as GroupsMissing }
}
