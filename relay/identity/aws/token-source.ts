import type { AwsConfig } from '#shared/config/identity/aws.ts'
import type { Keyring } from '../../oauth/keyring.ts'
import type { TokenSource } from '../../oauth/token-sources.ts'
import type { State } from '../../state/state.ts'
import { callerIdentityPath, createCallerIdentityGrant } from './caller-identity.ts'
import { challengeEndpoint } from './challenge-endpoint.ts'
import { AwsChallenges } from './challenges.ts'
import { AwsPrincipals, awsIssuer } from './principals.ts'
import type { StsUrl } from './sts.ts'

/** Access tokens for those who show an AWS identity with a signed request. */
export function callerIdentitySource(
  { principals, regions }: AwsConfig,
  { clockToleranceSeconds }: NonNullable<AwsConfig['callerIdentity']>,
  o: { publicUrl: string; keyring: Keyring; state: State; stsUrl: StsUrl },
): TokenSource {
  const challenges = new AwsChallenges(o.keyring, o.state)
  const known = new AwsPrincipals(principals)
  return {
    path: callerIdentityPath,
    speaksFor: awsIssuer,
    grants: [
      createCallerIdentityGrant({
        principals: known,
        challenges,
        regions,
        clockToleranceSeconds,
        publicUrl: o.publicUrl,
        stsUrl: o.stsUrl,
      }),
    ],
    groupsOf: ({ subject }) => known.groupsOf(subject),
    endpoints: [challengeEndpoint(challenges)],
  }
}
