import type { PolicyConfig } from '#shared/config/policy-config.ts'
import { isApprovedGroup } from '#shared/ipc/approved-group.ts'
import { policiesOf } from './grants.ts'
import { type CedarFile, ownPolicies } from './own-policies.ts'
import { requestRulesOf } from './request-rules.ts'
import { compileRoles, expandVerbs, type PolicyMistake, roleMistakes } from './roles.ts'

/** By its id something is asked for. */
const mostIdChars = 1024

/** What is wrong in a policy beyond its form. */
export function policyMistakes(config: PolicyConfig): PolicyMistake[] {
  const roles = compileRoles(config)
  return [
    ...roleMistakes(config),
    ...(['grants', 'requests'] as const).flatMap((list) =>
      config[list].flatMap(({ role }, i) =>
        roles.has(role) ? [] : [{ path: [list, i, 'role'], what: `there is no role ${role}` }],
      ),
    ),
    ...groupMistakes(config),
    ...[...requestRulesOf(config).keys()].flatMap((id, i) =>
      id.length > mostIdChars ? [{ path: ['requests', i], what: 'names too much; use patterns' }] : [],
    ),
    ...config.forbid.flatMap(({ verbs }, i) =>
      verbs.flatMap((pattern, j) =>
        expandVerbs(pattern).length > 0
          ? []
          : [{ path: ['forbid', i, 'verbs', j], what: `there is no verb ${pattern}` }],
      ),
    ),
  ]
}

/** Who is in a group of the relay's own is for the relay to say. */
function groupMistakes(config: PolicyConfig): PolicyMistake[] {
  const named = [
    ...(['grants', 'connect', 'http', 'forbid', 'requests'] as const).flatMap((list) =>
      config[list].map(({ group }, i) => ({ group, path: [list, i, 'group'] })),
    ),
    ...config.requests.flatMap(({ approvers }, i) =>
      approvers.map((group, j) => ({ group, path: ['requests', i, 'approvers', j] })),
    ),
  ]
  return named.flatMap(({ group, path }) =>
    group !== null && isApprovedGroup(group)
      ? [{ path, what: `${group} is a name of the relay’s own, for those whose request was approved` }]
      : [],
  )
}

/** Services that `policy.connect` names and that are not there, or are no tcp services. */
export function connectMistakes(
  policy: PolicyConfig,
  services: Readonly<Record<string, { readonly type: string }>>,
): PolicyMistake[] {
  return policy.connect.flatMap((grant, i) =>
    grant.services.flatMap((name, j) => {
      const path = ['connect', i, 'services', j]
      if (!Object.hasOwn(services, name)) return [{ path, what: `there is no service ${name}` }]
      const type = services[name]?.type
      return type === 'tcp' ? [] : [{ path, what: `${name} is a service of type ${type}, not tcp` }]
    }),
  )
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

/** What is wrong in the files of `policy.cedarFiles`, with file, line and column. */
export function cedarMistakes(config: PolicyConfig, files: readonly CedarFile[]): PolicyMistake[] {
  const { policies, mistakes } = ownPolicies(files)
  const at = (file: number) => ['cedarFiles', file]
  const seen = new Set(policiesOf(config).map(({ id }) => id))
  const twice = policies.flatMap(({ file, id }) => {
    if (!seen.has(id)) {
      seen.add(id)
      return []
    }
    return [{ path: at(file), what: `${files[file]?.name} has the id ${id}, which another policy has` }]
  })
  return [...mistakes.map(({ file, what }) => ({ path: at(file), what })), ...twice]
}
