import type { LoadedConfig } from '../config/load.ts'
import { awsTrustChanges } from '../identity/aws/trust-changes.ts'

/**
 * What widens access beside the policy: another way to say who someone is, a way in that was not there, another server
 * behind a name that people have rights to. A sentence each.
 */
export function trustChanges(before: LoadedConfig, next: LoadedConfig): string[] {
  return [
    ...identityChanges(before, next),
    ...awsTrustChanges(before.identity.aws, next.identity.aws),
    ...wayChanges(before, next),
    ...serviceChanges(before, next),
  ]
}

function identityChanges(before: LoadedConfig, next: LoadedConfig): string[] {
  const [old, wanted] = [before.identity.oidc, next.identity.oidc]
  const changes: string[] = []
  for (const key of ['provider', 'issuer', 'audience', 'groupsClaim', 'subjectClaim'] as const) {
    if (old[key] !== wanted[key])
      changes.push(`identity.oidc.${key} decides who people are: ${old[key]} becomes ${wanted[key]}`)
  }
  for (const key of ['algorithms', 'tokenTypes'] as const) {
    const known: readonly string[] = old[key]
    const added = wanted[key].filter((one) => !known.includes(one))
    if (added.length > 0) changes.push(`identity.oidc.${key} takes ${added.join(', ')} as well`)
  }
  if (before.identity.dpop.required && !next.identity.dpop.required)
    changes.push('identity.dpop.required lets whoever holds a token use it')
  if (wanted.clockToleranceSeconds > old.clockToleranceSeconds)
    changes.push('identity.oidc.clockToleranceSeconds lets tokens live longer')
  return changes
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
