import { callerIdentityGrant, partitionOf, type SignedParts } from '#shared/aws/caller-identity.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Grant } from '../../oauth/grant.ts'
import { OAuthError } from '../../oauth/oauth-error.ts'
import { type AwsChallenges, challengeSeconds } from './challenges.ts'
import { type AwsPrincipals, maxLifetimeSeconds } from './principals.ts'
import { askCallerIdentity, type StsUrl } from './sts.ts'

export const callerIdentityPath = 'identity.aws.callerIdentity'

/** What a caller brings; each is of a form that can be nothing but itself in a header. */
const forms = {
  access_key_id: /^[A-Z0-9]{16,128}$/,
  signature: /^[0-9a-f]{64}$/,
  date: /^\d{8}T\d{6}Z$/,
  region: /^[a-z0-9-]{1,40}$/,
  security_token: /^[A-Za-z0-9+/=_-]{1,12288}$/,
  challenge: /^[A-Za-z0-9_-]{43}$/,
} as const

/**
 * An access token for whoever shows an AWS identity with a signed `sts:GetCallerIdentity`. The caller sends the parts that
 * differ, the relay builds the request from them; see shared/aws/caller-identity.ts.
 */
export function createCallerIdentityGrant(o: {
  principals: AwsPrincipals
  challenges: AwsChallenges
  regions: readonly string[]
  clockToleranceSeconds: number
  /** The relay's public URL. */
  publicUrl: string
  stsUrl: StsUrl
}): Grant {
  const relay = new URL(o.publicUrl).origin
  const identify = async (parameters: ReadonlyMap<string, string>) => {
    const { accessKeyId, signature, parts } = partsOf(parameters, relay)
    if (!o.regions.includes(parts.region)) throw new Error('a region that is not asked')
    requireFresh(parts.date, o.clockToleranceSeconds)
    // Before STS is asked: a challenge is good for one attempt, whatever becomes of it.
    await o.challenges.use(parts.challenge)
    const identity = await askCallerIdentity({ accessKeyId, signature, parts, stsUrl: o.stsUrl })
    if (identity.partition !== partitionOf(parts.region)) throw new Error('an identity of another partition')
    return o.principals.principalOf(identity, {
      expires: Math.floor(Date.now() / 1000) + maxLifetimeSeconds,
      authentication: { by: callerIdentityPath, tokenId: null },
    })
  }
  return {
    type: callerIdentityGrant,
    async redeem(parameters) {
      try {
        const principal = await identify(parameters)
        const { subject, name } = principal
        return { principal, clientId: subject, more: { sub: subject, name } }
      } catch (cause) {
        if (cause instanceof JetwayError) throw cause
        throw new OAuthError('invalid_grant', 'The relay did not accept this AWS identity.', cause)
      }
    },
  }
}

/** @throws Error when one is missing or of another form */
export function partsOf(
  parameters: ReadonlyMap<string, string>,
  relay: string,
): { accessKeyId: string; signature: string; parts: SignedParts } {
  const take = (name: keyof typeof forms) => {
    const value = parameters.get(name)
    if (value === undefined || !forms[name].test(value))
      throw new Error(`${name} is missing or of another form`)
    return value
  }
  return {
    accessKeyId: take('access_key_id'),
    signature: take('signature'),
    parts: {
      region: take('region'),
      date: take('date'),
      securityToken: parameters.has('security_token') ? take('security_token') : null,
      challenge: take('challenge'),
      relay,
    },
  }
}

/** AWS takes five minutes either way. Here nothing is signed before there was a challenge. */
function requireFresh(date: string, toleranceSeconds: number): void {
  const iso = date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6.000Z')
  const signedAt = new Date(iso)
  if (Number.isNaN(signedAt.getTime()) || signedAt.toISOString() !== iso) throw new Error('no date')
  const ageSeconds = (Date.now() - signedAt.getTime()) / 1000
  if (ageSeconds > challengeSeconds + toleranceSeconds || ageSeconds < -toleranceSeconds)
    throw new Error(`signed ${Math.round(ageSeconds)} s ago by the caller’s clock`)
}
