import type { ResolvedOperation } from '#shared/airflow/operation.ts'
import type { HttpGrant } from '#shared/config/http-grants.ts'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Principal } from '../identity/principal.ts'
import type { ConnectDecision } from './decision.ts'
import { matchesPattern } from './policy.ts'
import type { PolicyMistake } from './roles.ts'

/** Whether someone may do something with an http service, as `policy.http` says. What is not there is denied. */
export function authorizeHttp(
  policy: PolicyConfig,
  principal: Principal,
  service: string,
  { operation, resource }: ResolvedOperation,
): ConnectDecision {
  const path = resource.name ?? ''
  const own = policy.http.filter(
    ({ group, services }) => principal.groups.includes(group) && services.includes(service),
  )
  const allowing = own.filter(
    ({ verbs, paths }) =>
      (verbs.includes('http.write') || verbs.some((verb) => verb === operation.verb)) &&
      paths.some((pattern) => matchesPattern(pattern, path)),
  )
  if (allowing.length > 0) return { effect: 'allow', policies: allowing.map(idOf), obligations: [] }
  const error = new JetwayError('FORBIDDEN', {
    verb: operation.verb ?? operation.method,
    resource: `${service}${path}`,
    needs: `a grant of ${operation.verb ?? 'no one'}`,
    has: own.length === 0 ? 'none here' : own.map(described).join('; '),
    contact: policy.contact,
  })
  return { effect: 'deny', policies: own.map(idOf), error }
}

/** Services that `policy.http` names and that are not there, or are no http services. */
export function httpMistakes(
  policy: PolicyConfig,
  services: Readonly<Record<string, { readonly type: string }>>,
): PolicyMistake[] {
  return policy.http.flatMap((grant, i) =>
    grant.services.flatMap((name, j) => {
      const path = ['http', i, 'services', j]
      if (!Object.hasOwn(services, name)) return [{ path, what: `there is no service ${name}` }]
      const type = services[name]?.type
      return type === 'http' ? [] : [{ path, what: `${name} is a service of type ${type}, not http` }]
    }),
  )
}

function described({ verbs, paths }: HttpGrant): string {
  return `${verbs.join(', ')} on ${paths.join(', ')}`
}

/** `group:verbs:services:paths`, as the audit names it. */
function idOf({ group, verbs, services, paths }: HttpGrant): string {
  return [group, verbs.join(','), services.join(','), paths.join(',')].join(':')
}
