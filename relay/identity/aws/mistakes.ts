import { partitionOf } from '#shared/aws/caller-identity.ts'
import type { IdentityConfig } from '#shared/config/identity/identity.ts'
import { arnOf } from './principals.ts'

interface Mistake {
  /** Below `identity.aws`. */
  readonly path: ReadonlyArray<string | number>
  readonly what: string
}

/** What `identity.aws` says that cannot be enforced, or lets nobody in. */
export function awsMistakes({ aws, oidc, saml }: IdentityConfig, publicUrl: string): readonly Mistake[] {
  if (!aws) return []
  const { principals, webIdentity, callerIdentity, regions } = aws
  const mistakes: Mistake[] = []
  const at = (path: Mistake['path'], what: string) => mistakes.push({ path, what })
  if (!webIdentity && !callerIdentity) at([], 'has neither webIdentity nor callerIdentity, so nobody gets in')
  const arns = new Set<string>()
  principals.forEach((rule, i) => {
    if ((rule.role === undefined) === (rule.user === undefined))
      at(['principals', i], 'takes a role or a user')
    else if (arns.has(arnOf(rule))) at(['principals', i], `${arnOf(rule)} stands here twice`)
    else arns.add(arnOf(rule))
    const issues = webIdentity?.issuers.some(({ account }) => account === rule.account) ?? false
    const asks =
      callerIdentity !== undefined && regions.some((region) => partitionOf(region) === rule.partition)
    if (!issues && !asks)
      at(
        ['principals', i],
        'cannot get in: its account has no issuer here, its partition no region that is asked',
      )
  })
  const issuers = new Set([oidc?.issuer, saml?.entityId, publicUrl])
  webIdentity?.issuers.forEach(({ account, issuer }, i) => {
    if (issuers.has(issuer))
      at(['webIdentity', 'issuers', i, 'issuer'], `${issuer} speaks for someone else too`)
    issuers.add(issuer)
    if (!principals.some((rule) => rule.account === account))
      at(['webIdentity', 'issuers', i, 'account'], `nobody of ${account} is let in`)
  })
  return mistakes
}
