import type { AwsConfig } from '#shared/config/identity/aws.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Authenticator } from '../authenticator.ts'
import { createJwtAuthenticator } from '../jwt-authenticator.ts'
import { discoverKeys } from '../provider-keys.ts'
import { parseArn } from './arn.ts'
import { type AwsPrincipals, awsIssuer, maxLifetimeSeconds } from './principals.ts'

const path = 'identity.aws.webIdentity'
const clockToleranceSeconds = 30
/** Where the token says more about who asked for it than the registered claims do. */
const awsClaims = 'https://sts.amazonaws.com/'

type WebIdentity = NonNullable<AwsConfig['webIdentity']>

/**
 * For the tokens of `sts:GetWebIdentityToken` (IAM User Guide, "Understanding token claims"): one authenticator for each
 * account, which speaks for that account alone.
 */
export function createWebIdentityAuthenticators(
  { audience, issuers }: WebIdentity,
  principals: AwsPrincipals,
): Authenticator[] {
  return issuers.map(({ account, issuer, organisation }) =>
    createJwtAuthenticator({
      path,
      issuer,
      speaksFor: [awsIssuer],
      audience,
      algorithms: ['RS256', 'ES384'],
      clockToleranceSeconds,
      // The issuer makes these tokens alone, and AWS does not say what their header has.
      tokenTypes: ['JWT', 'none'],
      keys: () => discoverKeys(issuer),
      principalOf({ sub = '', exp = 0, iat = 0, jti, ...claims }) {
        const identity = parseArn(sub)
        // With SubjectMode OriginIdentity the subject is whom the caller acts for; then AWS names the caller here.
        const { aws_account, org_id, principal_id } = objectOf(claims[awsClaims])
        if (claims.subject_mode !== undefined || (principal_id !== undefined && principal_id !== sub))
          throw new Error('the subject is not who asked for the token')
        if (identity.account !== account || (aws_account !== undefined && aws_account !== account))
          throw new Error(`the issuer of account ${account} speaks for another account`)
        if (organisation !== null && org_id !== organisation)
          throw new Error(`account ${account} is not in ${organisation}`)
        const expires = Math.floor(Math.min(exp, iat + maxLifetimeSeconds))
        if (expires <= Date.now() / 1000) throw new JetwayError('TOKEN_EXPIRED')
        return principals.principalOf(identity, {
          expires,
          authentication: { by: path, tokenId: typeof jti === 'string' ? jti : null },
        })
      },
      stillKnows(principal) {
        const { subject, authentication } = principal
        return (
          authentication.by === path &&
          parseArn(subject).account === account &&
          principals.stillKnows(principal)
        )
      },
    }),
  )
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('the claims of AWS are no object')
  return value as Record<string, unknown>
}
