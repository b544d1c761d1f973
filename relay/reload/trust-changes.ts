import { isDeepStrictEqual } from 'node:util'
import type { LoadedConfig } from '../config/load.ts'
import { awsTrustChanges } from '../identity/aws/trust-changes.ts'
import { machineChanges } from './machine-changes.ts'
import { signedHeaderChanges } from './signed-header-changes.ts'

/**
 * What widens access beside the policy: another way to say who someone is, a way in that was not there, another server
 * behind a name that people have rights to. A sentence each.
 */
export function trustChanges(before: LoadedConfig, next: LoadedConfig): string[] {
  return [
    ...identityChanges(before, next),
    ...awsTrustChanges(before.identity.aws, next.identity.aws),
    ...signedHeaderChanges(before, next),
    ...eventChanges(before, next),
    ...machineChanges(before.identity, next.identity),
    ...wayChanges(before, next),
    ...serviceChanges(before, next),
  ]
}

function identityChanges(before: LoadedConfig, next: LoadedConfig): string[] {
  const [old, wanted] = [before.identity, next.identity]
  const changes = providerChanges('identity.oidc', old.oidc, wanted.oidc, {
    decides: ['provider', 'issuer', 'audience', 'groupsClaim', 'subjectClaim'],
    lists: ['algorithms', 'tokenTypes'],
  })
  return [
    ...changes,
    ...providerChanges('identity.saml', old.saml, wanted.saml, {
      decides: ['entityId', 'metadata', 'spEntityId', 'emailAttribute', 'groupsAttribute', 'nameIdFormat'],
      lists: [],
    }),
    ...(wanted.saml && old.saml && wanted.saml.sessionMinutes > old.saml.sessionMinutes
      ? ['identity.saml.sessionMinutes lets sign-ins last longer']
      : []),
    ...(old.dpop.required && !wanted.dpop.required
      ? ['identity.dpop.required lets whoever holds a token use it']
      : []),
    ...(wanted.tokens.lifetimeSeconds > old.tokens.lifetimeSeconds
      ? ['identity.tokens.lifetimeSeconds lets tokens live longer']
      : []),
  ]
}

/** What another way to say who someone is, or another one than before, widens. */
function providerChanges<P extends { readonly clockToleranceSeconds: number }>(
  path: string,
  old: P | undefined,
  wanted: P | undefined,
  keys: { readonly decides: readonly (keyof P & string)[]; readonly lists: readonly (keyof P & string)[] },
): string[] {
  if (!wanted) return []
  if (!old) return [`${path} is new, and decides who people are`]
  const changes: string[] = []
  for (const key of keys.decides) {
    if (!isDeepStrictEqual(old[key], wanted[key]))
      changes.push(
        `${path}.${key} decides who people are: ${textOf(old[key])} becomes ${textOf(wanted[key])}`,
      )
  }
  for (const key of keys.lists) {
    const known = old[key] as readonly string[]
    const added = (wanted[key] as readonly string[]).filter((one) => !known.includes(one))
    if (added.length > 0) changes.push(`${path}.${key} takes ${added.join(', ')} as well`)
  }
  if (wanted.clockToleranceSeconds > old.clockToleranceSeconds)
    changes.push(`${path}.clockToleranceSeconds lets tokens live longer`)
  return changes
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Who was ended, or shut out, elsewhere would go on here. */
function eventChanges(
  { identity: { ssf: old } }: LoadedConfig,
  { identity: { ssf } }: LoadedConfig,
): string[] {
  if (!old || ssf?.issuer === old.issuer) return []
  return [`identity.ssf hears no more of ${old.issuer} whose sessions and accounts are over`]
}

function wayChanges(before: LoadedConfig, { direct, reload }: LoadedConfig): string[] {
  const changes: string[] = []
  if (direct !== null && direct !== before.direct)
    changes.push(`direct opens ${direct} to plain HTTPS with a bearer token`)
  if (reload.allowWidening && !before.reload.allowWidening)
    changes.push('reload.allowWidening lets whoever may send a signal widen access')
  return changes
}

function serviceChanges(before: LoadedConfig, next: LoadedConfig): string[] {
  return Object.entries(next.services).flatMap(([name, service]) => {
    const at = `services.${name}`
    const old = before.services[name]
    const target = targetOf(service)
    // Who may reach another new service stands in the policy; a grant is for every Airflow.
    if (!old) return service.type === 'airflow' ? [`${at} is new: ${target}`] : []
    const changes = targetOf(old) === target ? [] : [`${at} becomes ${target}`]
    if (old.type !== 'airflow' || service.type !== 'airflow') return changes
    if (service.listNarrowing === 'airflow' && old.listNarrowing !== 'airflow')
      changes.push(`${at}.listNarrowing leaves it to Airflow what lists show`)
    if (service.version !== old.version)
      changes.push(`${at}.version has requests decided as those of Airflow ${service.version}`)
    return changes
  })
}

function targetOf(service: LoadedConfig['services'][string]): string {
  return service.type === 'tcp' ? `${service.address.host}:${service.address.port}` : service.url
}
