import { leastRoleOfVerb, suffices } from '#shared/airflow/roles.ts'
import type { AirflowRole, PolicyConfig } from '#shared/config/policy-config.ts'
import { comparePolicies } from './compare-policies.ts'
import { endOf } from './conditions.ts'
import { allAtOnce } from './dag-scope.ts'
import { atomsOf } from './pattern-atoms.ts'
import { compileRoles, type PolicyMistake, type Role } from './roles.ts'
import { type Rule, rulesOf } from './rules.ts'
import { isOnDags } from './sample.ts'

type Grant = PolicyConfig['grants'][number]
type Warning = PolicyMistake

/** What is valid and probably not meant: grants that grant nothing, or far more than one looks for. */
export function policyWarnings(config: PolicyConfig, now: number = Date.now()): Warning[] {
  const roles = compileRoles(config)
  return [
    ...unusedRoles(config),
    ...highAirflowRoles(config, roles),
    ...(['grants', 'requests'] as const).flatMap((list) =>
      config[list].flatMap((grant, i) => ofGrant(grant, [list, i], roles.get(grant.role) as Role)),
    ),
    ...oddGroups(config),
    ...ended(config, now),
    ...coveredGrants(config, now),
  ]
}

function unusedRoles({ roles, grants, requests }: PolicyConfig): Warning[] {
  const used = new Set<string>()
  const use = (name: string): void => {
    if (used.has(name)) return
    used.add(name)
    for (const other of roles[name]?.extends ?? []) use(other)
  }
  for (const { role } of [...grants, ...requests]) use(role)
  return Object.keys(roles).flatMap((name) =>
    used.has(name) ? [] : [{ path: ['roles', name], what: 'is a role that no grant gives' }],
  )
}

function highAirflowRoles(config: PolicyConfig, roles: ReadonlyMap<string, Role>): Warning[] {
  return Object.entries(config.roles).flatMap(([name, { airflowRole }]) => {
    let takes: AirflowRole = 'viewer'
    for (const verb of roles.get(name)?.verbs ?? []) {
      const least = leastRoleOfVerb.get(verb) as AirflowRole
      if (suffices(least, takes)) takes = least
    }
    if (suffices(takes, airflowRole)) return []
    const what = `is ${airflowRole}, and the verbs of this role take no more than ${takes} in Airflow`
    return [{ path: ['roles', name, 'airflowRole'], what }]
  })
}

function ofGrant(
  { role: name, dags, tags }: Pick<Grant, 'role' | 'dags' | 'tags'>,
  path: Warning['path'],
  role: Role,
): Warning[] {
  const warnings: Warning[] = []
  const isForAll = dags.includes('*') && tags === null
  if (isForAll && suffices(role.airflowRole, 'op')) {
    warnings.push({ path, what: `gives ${name} on everything (${role.airflowRole} in Airflow)` })
  }
  if (!isForAll && ![...role.verbs].some(isOnDags)) {
    const what = `grants nothing: what ${name} may do is done to no DAG, which takes dags: ["*"] and no tags`
    warnings.push({ path, what })
  }
  dags.forEach((pattern, i) => {
    const at = [...path, 'dags', i]
    if (/^\*{2,}$/.test(pattern)) {
      warnings.push({
        path: at,
        what: 'is each DAG, and not what is of no DAG or of all at once; that is "*"',
      })
    } else if (pattern.includes('.*')) {
      warnings.push({ path: at, what: 'looks like a regular expression; here . stands for itself' })
    }
  })
  return warnings
}

function oddGroups({ grants, connect, http, requests }: PolicyConfig): Warning[] {
  const named = [
    ...grants.map(({ group }, i) => ({ group, path: ['grants', i, 'group'] })),
    ...connect.map(({ group }, i) => ({ group, path: ['connect', i, 'group'] })),
    ...http.map(({ group }, i) => ({ group, path: ['http', i, 'group'] })),
    ...requests.flatMap(({ group, approvers }, i) => [
      { group, path: ['requests', i, 'group'] },
      ...approvers.map((approver, j) => ({ group: approver, path: ['requests', i, 'approvers', j] })),
    ]),
  ]
  const first = new Map<string, string>()
  return named.flatMap(({ group, path }) => {
    const folded = group.trim().toLowerCase()
    const known = first.get(folded) ?? group
    first.set(folded, known)
    if (group.includes('*')) {
      return [{ path, what: `${group} is no pattern: it is a group with * in its name` }]
    }
    if (group !== group.trim()) {
      return [{ path, what: `"${group}" begins or ends with a space` }]
    }
    if (known !== group) {
      return [{ path, what: `${group} is another group than ${known}: capitals count` }]
    }
    return group.includes(',') ? [{ path, what: `${group} is one group, and not several` }] : []
  })
}

function ended({ grants, connect, forbid }: PolicyConfig, now: number): Warning[] {
  return Object.entries({ grants, connect, forbid }).flatMap(([list, rules]) =>
    rules.flatMap((rule, i) =>
      hasEnded(rule, now) ? [{ path: [list, i, 'until'], what: `has ended on ${rule.until}` }] : [],
    ),
  )
}

function hasEnded({ until }: Pick<Grant, 'until'>, now: number): boolean {
  return until !== null && endOf(until) <= now
}

/** From the last to the first, so that of two that are equal the first stays. */
function coveredGrants(config: PolicyConfig, now: number): Warning[] {
  const left = new Set(config.grants.flatMap((grant, i) => (hasEnded(grant, now) ? [] : [i])))
  const rules = rulesOf(config)
  const warnings: Warning[] = []
  for (let i = config.grants.length - 1; i >= 0; i -= 1) {
    if (!left.has(i)) continue
    const { group } = config.grants[i] as Grant
    const ofGroup = [...left].filter((other) => config.grants[other]?.group === group)
    if (ofGroup.length < 2 || isAloneSomewhere(rules, ofGroup, i)) continue
    const withGrants = (which: readonly number[]) => ({
      ...config,
      grants: which.map((other) => config.grants[other] as Grant),
    })
    const [before, after] = [withGrants(ofGroup), withGrants(ofGroup.filter((other) => other !== i))]
    const { widened, narrowed, incomplete } = comparePolicies(
      { config: before, cedarFiles: [] },
      { config: after, cedarFiles: [] },
    )
    if (incomplete.length > 0 || narrowed.length > 0) continue
    left.delete(i)
    const path = ['grants', i]
    const also = `grants nothing that the other grants of ${group} do not`
    const what = widened.length === 0 ? also : `${also}; it only lowers the role in Airflow for some of it`
    warnings.push({ path, what })
  }
  return warnings.reverse()
}

/** Whether a grant is the only one with a verb somewhere: then it need not be compared. Grants come first in the rules. */
function isAloneSomewhere(rules: readonly Rule[], ofGroup: readonly number[], i: number): boolean {
  const own = rules[i] as Rule
  const others = ofGroup.filter((other) => other !== i).map((other) => rules[other] as Rule)
  const { atoms } = atomsOf([own, ...others].flatMap(({ dags }) => dags))
  const dags = [...atoms, allAtOnce(atoms)]
  return [...own.verbs].some((verb) => {
    const having = others.filter((other) => other.verbs.has(verb))
    const places = isOnDags(verb) ? [...dags, null] : [null]
    return places.some(
      (place) => own.concerns(place, verb) && !having.some((other) => other.concerns(place, verb)),
    )
  })
}
