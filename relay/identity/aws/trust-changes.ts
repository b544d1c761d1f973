import type { AwsConfig } from '#shared/config/identity/aws.ts'
import { arnOf } from './principals.ts'

const at = 'identity.aws'

/** What lets more of AWS in than before, a sentence each. */
export function awsTrustChanges(before: AwsConfig | undefined, next: AwsConfig | undefined): string[] {
  if (!next) return []
  const changes: string[] = []
  const groupsBefore = new Map(before?.principals.map((rule) => [arnOf(rule), rule.groups]))
  for (const rule of next.principals) {
    const known = groupsBefore.get(arnOf(rule))
    const added = rule.groups.filter((group) => !known?.includes(group))
    if (!known) changes.push(`${at}.principals lets ${arnOf(rule)} in, as ${rule.groups.join(', ')}`)
    else if (added.length > 0) changes.push(`${at}.principals puts ${arnOf(rule)} into ${added.join(', ')}`)
  }
  if (next.callerIdentity) {
    const { clockToleranceSeconds } = next.callerIdentity
    if (!before?.callerIdentity) changes.push(`${at}.callerIdentity lets in whoever signs for AWS`)
    else if (clockToleranceSeconds > before.callerIdentity.clockToleranceSeconds)
      changes.push(`${at}.callerIdentity.clockToleranceSeconds lets signatures live longer`)
  }
  if (next.webIdentity) {
    const { audience, issuers } = next.webIdentity
    const old = before?.webIdentity
    if (old && old.audience !== audience)
      changes.push(
        `${at}.webIdentity.audience decides which tokens are meant: ${old.audience} becomes ${audience}`,
      )
    for (const { account, issuer, organisation } of issuers) {
      const known = old?.issuers.find((one) => one.account === account && one.issuer === issuer)
      if (!known) changes.push(`${at}.webIdentity believes ${issuer} about account ${account}`)
      else if (organisation !== known.organisation)
        changes.push(`${at}.webIdentity takes account ${account} in ${organisation ?? 'any organisation'}`)
    }
  }
  return changes
}
