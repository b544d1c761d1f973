import type { Verb } from '#shared/airflow/operation.ts'
import { builtInRoles, leastRoleOfVerb, suffices } from '#shared/airflow/roles.ts'
import type { AirflowRole, PolicyConfig } from '#shared/config/policy-config.ts'
import { policyVerbs, serviceVerbs } from './schema.ts'

/** A role with everything that it extends taken in. */
export interface Role {
  readonly name: string
  readonly verbs: ReadonlySet<Verb>
  readonly airflowRole: AirflowRole
}

/** What is wrong in a policy, with where it stands. */
export interface PolicyMistake {
  readonly path: ReadonlyArray<string | number>
  readonly what: string
}

/** The built-in roles and those of the configuration. Mistakes are left out here and named by `roleMistakes`. */
export function compileRoles(config: PolicyConfig): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>()
  for (const [name, verbs] of Object.entries(builtInRoles)) {
    roles.set(name, { name, verbs, airflowRole: name as AirflowRole })
  }
  for (const [name, { airflowRole }] of Object.entries(config.roles)) {
    roles.set(name, { name, verbs: verbsOf(config, name, new Set()), airflowRole })
  }
  return roles
}

export function roleMistakes(config: PolicyConfig): PolicyMistake[] {
  const mistakes: PolicyMistake[] = []
  for (const [name, role] of Object.entries(config.roles)) {
    const at = ['roles', name]
    if (Object.hasOwn(builtInRoles, name)) {
      mistakes.push({ path: at, what: 'is the name of a built-in role' })
      continue
    }
    role.extends.forEach((other, i) => {
      const path = [...at, 'extends', i]
      if (!Object.hasOwn(config.roles, other) && !Object.hasOwn(builtInRoles, other)) {
        mistakes.push({ path, what: `there is no role ${other}` })
      } else if (reaches(config, other, name, new Set())) {
        mistakes.push({ path, what: `extends itself through ${other}` })
      }
    })
    role.verbs.forEach((pattern, i) => {
      if (expandVerbs(pattern).length === 0) {
        mistakes.push({ path: [...at, 'verbs', i], what: `there is no verb ${pattern}` })
      } else if (expandVerbs(pattern).some((verb) => serviceVerbs.includes(verb))) {
        mistakes.push({
          path: [...at, 'verbs', i],
          what: 'is given by policy.connect and policy.http, not by a role',
        })
      }
    })
    for (const verb of verbsOf(config, name, new Set())) {
      const least = leastRoleOfVerb.get(verb)
      if (least === undefined || suffices(role.airflowRole, least)) continue
      mistakes.push({
        path: [...at, 'airflowRole'],
        what: `${verb} takes the role ${least} in Airflow, and this one has ${role.airflowRole} there`,
      })
    }
  }
  return mistakes
}

function verbsOf(config: PolicyConfig, name: string, seen: Set<string>): ReadonlySet<Verb> {
  if (Object.hasOwn(builtInRoles, name)) return builtInRoles[name as AirflowRole]
  const role = Object.hasOwn(config.roles, name) ? config.roles[name] : undefined
  if (!role || seen.has(name)) return new Set()
  seen.add(name)
  return new Set([
    ...role.verbs.flatMap(expandVerbs),
    ...role.extends.flatMap((other) => [...verbsOf(config, other, seen)]),
  ])
}

/** `run.*` for all of run. */
export function expandVerbs(pattern: string): readonly Verb[] {
  return policyVerbs.filter((verb) =>
    pattern.endsWith('.*') ? verb.startsWith(pattern.slice(0, -1)) : verb === pattern,
  )
}

function reaches(config: PolicyConfig, from: string, wanted: string, seen: Set<string>): boolean {
  if (from === wanted) return true
  if (seen.has(from) || !Object.hasOwn(config.roles, from)) return false
  seen.add(from)
  return config.roles[from]?.extends.some((next) => reaches(config, next, wanted, seen)) ?? false
}
