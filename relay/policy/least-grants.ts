import { matchesGlob } from '#shared/airflow/dag-glob.ts'
import type { HttpGrant } from '#shared/config/http-grants.ts'
import { airflowRoles, type PolicyConfig } from '#shared/config/policy-config.ts'
import { type GrantUse, maxNames } from './grant-use.ts'
import { compileRoles, type Role } from './roles.ts'

type Grant = PolicyConfig['grants'][number]
type ConnectGrant = PolicyConfig['connect'][number]

/** What would be left of a grant if it covered no more than what it was used for; null for nothing. */
export type LeastGrant = Grant | ConnectGrant | HttpGrant | null

/** More names than people would keep up with are left to the grant's own patterns. */
const mostNames = 20

/**
 * The least that allows what a grant was used for: the role with the fewest verbs, and the DAGs or services by name.
 * It never allows what the grant did not.
 */
export function leastGrant(config: PolicyConfig, use: GrantUse): LeastGrant {
  const [list, i] = use.path
  if (use.uses === 0) return null
  if (list === 'connect') return { ...(config.connect[i] as ConnectGrant), services: [...use.on].sort() }
  if (list === 'http') {
    const grant = config.http[i] as HttpGrant
    const verbs = use.verbs.has('http.write') ? grant.verbs : (['http.read'] as const)
    return { ...grant, services: [...use.on].sort(), verbs: [...verbs] }
  }
  const grant = config.grants[i] as Grant
  return { ...grant, role: leastRole(config, grant, use), dags: fewestDags(grant, use) }
}

/** Whether both allow the same. */
export function isSameGrant(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function leastRole(config: PolicyConfig, { role: name }: Grant, { verbs }: GrantUse): string {
  const roles = compileRoles(config)
  const role = roles.get(name) as Role
  const fits = (other: Role) =>
    [...verbs].every((verb) => other.verbs.has(verb)) &&
    [...other.verbs].every((verb) => role.verbs.has(verb)) &&
    rank(other) <= rank(role)
  const [least] = [...roles.values()]
    .filter(fits)
    .sort(
      (a, b) => a.verbs.size - b.verbs.size || rank(a) - rank(b) || Number(b === role) - Number(a === role),
    )
  return (least ?? role).name
}

function rank({ airflowRole }: Role): number {
  return airflowRoles.indexOf(airflowRole)
}

function fewestDags({ dags }: Grant, { on, onEverything }: GrantUse): string[] {
  if (onEverything) return dags.includes('*') ? ['*'] : [...dags]
  const names = [...on].sort()
  // A name that no pattern can be, or more than are kept
  if (names.length <= mostNames && names.every((name) => /^[\p{L}\p{M}\p{N}_.-]{1,250}$/u.test(name))) {
    const same = names.length === dags.length && names.every((name) => dags.includes(name))
    return same ? [...dags] : names
  }
  if (names.length >= maxNames) return [...dags]
  return dags.filter((pattern) => names.some((name) => matchesGlob(pattern, name)))
}
