import { asJetwayError } from '#shared/errors/jetway-error.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Authenticator } from '../identity/authenticator.ts'
import { Authenticators } from '../identity/authenticators.ts'
import { realSts, type StsUrl } from '../identity/aws/sts.ts'
import { pathOf } from '../identity/federation.ts'
import { examineAws } from './aws.ts'
import { examineFederation } from './federation.ts'
import { type Finding, findings } from './finding.ts'
import { examineProvider } from './provider.ts'
import { examineSaml } from './saml.ts'
import { examineSignedHeader } from './signed-header.ts'
import { examineToken } from './token.ts'

/**
 * Tries everyone who may say who someone is, and a token.
 *
 * @param token an access token; null for none
 * @param stsUrl where the STS of AWS is
 */
export async function examineIdentity(
  { identity, policy, publicUrl, entrances }: LoadedConfig,
  token: string | null,
  stsUrl: StsUrl = realSts,
): Promise<readonly Finding[]> {
  const { all } = new Authenticators(identity)
  const { oidc, saml, dpop, federation, aws } = identity
  const policyGroups = [
    ...[...policy.grants, ...policy.connect, ...policy.http, ...policy.requests].map(({ group }) => group),
    ...policy.requests.flatMap(({ approvers }) => approvers),
  ]
  const looked = ['identity.oidc', ...federation.map(pathOf)]
  const found = await Promise.all([
    ...(saml ? [examineSaml(saml, publicUrl)] : []),
    ...(oidc ? [examineProvider(oidc, dpop.required)] : []),
    ...all.filter(({ path }) => !looked.includes(path)).map(examineAny),
    ...(aws ? [examineAws(aws, { policyGroups, stsUrl })] : []),
    ...federation.map((one) => examineFederation(one, { publicUrl, policyGroups })),
    ...Object.entries(entrances).map(([name, one]) => examineSignedHeader(name, one, policyGroups)),
  ])
  if (token === null) return found.flat()
  // Without an OpenID provider people's tokens are the relay's own, and need no looking at.
  if (!oidc) {
    const { found: about, say } = findings('token')
    say('note', 'issuer', 'People’s tokens are given by the relay itself; none was looked at.')
    return [...found.flat(), ...about]
  }
  return [
    ...found.flat(),
    ...(await examineToken(token, { oidc, authenticators: all, policyGroups, mustBeBound: dpop.required })),
  ]
}

/** What can be said of each: whether it has the keys that it needs. */
async function examineAny(authenticator: Authenticator): Promise<readonly Finding[]> {
  const { found, say } = findings(authenticator.path)
  try {
    await authenticator.ready()
    say('ok', 'keys', `The keys of ${authenticator.issuer} are there.`)
  } catch (error) {
    const { message, cause } = asJetwayError(error)
    const reason = cause instanceof Error ? ` ${cause.message}` : ''
    say('fault', 'keys', `${message}${reason}`, 'Check the address, and whether this machine may go there.')
  }
  return found
}
