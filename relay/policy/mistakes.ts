import type { PolicyConfig } from '#shared/config/policy-config.ts'
import { policiesOf } from './grants.ts'
import { type CedarFile, ownPolicies } from './own-policies.ts'
import { compileRoles, expandVerbs, type PolicyMistake, roleMistakes } from './roles.ts'

/** What is wrong in a policy beyond its form. */
export function policyMistakes(config: PolicyConfig): PolicyMistake[] {
  const roles = compileRoles(config)
  return [
    ...roleMistakes(config),
    ...config.grants.flatMap(({ role }, i) =>
      roles.has(role) ? [] : [{ path: ['grants', i, 'role'], what: `there is no role ${role}` }],
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
