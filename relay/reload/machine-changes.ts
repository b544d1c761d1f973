import { isDeepStrictEqual } from 'node:util'
import { type FederatedIssuer, type FederationRule, issuerOf } from '#shared/config/identity/federation.ts'
import type { IdentityConfig } from '#shared/config/identity/identity.ts'
import type { OidcConfig } from '#shared/config/identity/oidc.ts'
import { pathOf } from '../identity/federation.ts'

type MachineConfig = Pick<IdentityConfig, 'oidc' | 'federation' | 'accessKeys'>

/** What lets in more machines than before, or other ones. A sentence each. */
export function machineChanges(before: MachineConfig, next: MachineConfig): string[] {
  const federation = next.federation.flatMap((wanted) =>
    federationChanges(
      before.federation.find(({ name }) => name === wanted.name),
      wanted,
    ),
  )
  return [
    ...federation,
    ...clientChanges(before.oidc?.clients ?? {}, next.oidc?.clients ?? {}),
    ...keyChanges(before.accessKeys, next.accessKeys),
  ]
}

function keyChanges(before: IdentityConfig['accessKeys'], next: IdentityConfig['accessKeys']): string[] {
  if (!next) return []
  const changes: string[] = []
  const groups = next.groups.filter((group) => !before?.groups.includes(group))
  if (!before)
    changes.push(`identity.accessKeys is new: whoever has such a key may have ${groups.join(', ')}`)
  else if (groups.length > 0) changes.push(`identity.accessKeys lets keys have ${groups.join(', ')} as well`)
  if (before && next.maxDays > before.maxDays)
    changes.push(`identity.accessKeys.maxDays lets keys live for ${next.maxDays} days`)
  return changes
}

function clientChanges(before: OidcConfig['clients'], next: OidcConfig['clients']): string[] {
  return Object.entries(next).flatMap(([client, groups]) => {
    const old = Object.hasOwn(before, client) ? (before[client] ?? []) : []
    const added = groups.filter((group) => !old.includes(group))
    return added.length === 0 ? [] : [`identity.oidc.clients gives ${added.join(', ')} to ${client}`]
  })
}

function federationChanges(old: FederatedIssuer | undefined, wanted: FederatedIssuer): string[] {
  const at = pathOf(wanted)
  const rules = wanted.rules.flatMap((rule) => ruleChange(at, old?.rules ?? [], rule))
  if (!old) return [`${at} is new: ${issuerOf(wanted)} says who machines are`, ...rules]
  const changes: string[] = []
  if (issuerOf(old) !== issuerOf(wanted))
    changes.push(`${at}.issuer decides who machines are: ${issuerOf(old)} becomes ${issuerOf(wanted)}`)
  for (const key of ['audience', 'provider', 'jwksUrl', 'jwksFile', 'caFile'] as const) {
    if (old[key] !== wanted[key])
      changes.push(
        `${at}.${key} decides which tokens are taken: it becomes ${wanted[key] ?? 'what it is without'}`,
      )
  }
  if (wanted.clockToleranceSeconds > old.clockToleranceSeconds)
    changes.push(`${at}.clockToleranceSeconds lets tokens live longer`)
  const added = wanted.algorithms.filter((one) => !old.algorithms.includes(one))
  if (added.length > 0) changes.push(`${at}.algorithms takes ${added.join(', ')} as well`)
  if (!isDeepStrictEqual(namesOf(old.rules, wanted.rules), namesOf(wanted.rules, old.rules)))
    changes.push(`${at}.rules stand in another order: the first that fits says the groups`)
  return [...changes, ...rules]
}

function ruleChange(at: string, known: readonly FederationRule[], rule: FederationRule): string[] {
  const old = known.find(({ name }) => name === rule.name)
  if (old && isDeepStrictEqual(old, rule)) return []
  const claims = Object.entries(rule.claims).map(([claim, value]) => `${claim} ${value}`)
  return [`${at}.rules.${rule.name} gives ${rule.groups.join(', ')} to machines with ${claims.join(', ')}`]
}

/** The names of `rules` that are among `others` as well, in their order. */
function namesOf(rules: readonly FederationRule[], others: readonly FederationRule[]): string[] {
  return rules.map(({ name }) => name).filter((name) => others.some((other) => other.name === name))
}
