import type { Access } from '#shared/ipc/access.ts'
import type { Principal } from '../identity/principal.ts'
import type { GreatestRole } from './airflow-role.ts'
import { budget, clipped } from './budget.ts'
import type { CompiledPolicy } from './compiled-policy.ts'
import { noAgents } from './conditions.ts'
import { whyUnknown } from './denial.ts'
import type { Told } from './told.ts'

type Service = Access['services'][number]
type AccessGrant = Service['grants'][number]
type ForbidRule = Access['forbids'][number]

/** What someone may do, as it is written, without the versions; `time` in ms since the epoch: what has ended by then is left out. */
export type AccessOf = (principal: Principal, time: number) => Access

/**
 * Tells people what they may do: the grants that their groups have, the rules that forbid something to them, and whether
 * there is more that decides. Who else has what is told to nobody.
 *
 * @param o.policies all that decide
 */
export function accessBy(o: {
  contact: string
  policies: readonly CompiledPolicy[]
  services: Readonly<Record<string, { readonly type: Service['type'] }>>
  greatestRole: GreatestRole
}): AccessOf {
  const { contact, policies, services, greatestRole } = o
  return (principal, time) => {
    const missing = principal.groupsMissing ?? null
    // Whose groups are not all known is allowed nothing; see policy.ts.
    const isShutOut = missing === 'too-many' || missing === 'cut'
    const groups: ReadonlySet<string> = new Set(principal.groups)
    const isTheirs = ({ group }: CompiledPolicy) => group === null || groups.has(group)
    const theirs = isShutOut ? [] : policies.filter(isTheirs)
    const now = theirs.filter(({ told }) => told !== null && (told.until === null || time < told.until))
    const room = budget()
    const grantsOf = (name: string, type: Service['type']) =>
      now.flatMap((policy) => {
        const verbs = verbsAt(policy, name, type, principal)
        return verbs.length > 0 && policy.told ? room(grantOf(policy, policy.told, verbs)) : []
      })
    return {
      person: {
        kind: principal.kind,
        name: clipped(principal.name),
        email: principal.email === null ? null : clipped(principal.email),
        groups: principal.groups.map(clipped),
        groupsProblem: missing === null ? null : `Your groups are not known: ${whyUnknown[missing].reason}.`,
      },
      contact,
      // Rules first: what is left out for want of room is what gives, not what takes.
      forbids: now.flatMap((policy) =>
        policy.effect === 'forbid' && policy.told ? room(ruleOf(policy, policy.told)) : [],
      ),
      services: Object.entries(services).map(([name, { type }]) => ({
        name,
        type,
        airflowRole: type === 'airflow' && !isShutOut ? greatestRole(principal, time) : null,
        grants: grantsOf(name, type),
      })),
      otherPolicies: theirs.filter(({ told }) => told === null).length,
      omitted: room.omitted,
    }
  }
}

/** The verbs that a grant gives someone at a service; none where it is not for that. */
function verbsAt(
  { verbs, grant }: CompiledPolicy,
  name: string,
  type: Service['type'],
  { act }: Principal,
): string[] {
  if (grant === null) return []
  const isFor = type === 'airflow' ? grant.services.length === 0 : grant.services.includes(name)
  if (!isFor) return []
  return [...verbs].filter((verb) => !act || !grant.conditions(verb).includes(noAgents)).sort()
}

function grantOf({ id, group }: CompiledPolicy, told: Told, verbs: readonly string[]): AccessGrant {
  return {
    ...writtenOf(id, told),
    role: told.role ?? '',
    group: clipped(group ?? ''),
    verbs: [...verbs],
  }
}

function ruleOf({ id, verbs, reason }: CompiledPolicy, told: Told): ForbidRule {
  return { ...writtenOf(id, told), verbs: [...verbs].sort(), reason: reason ?? '' }
}

function writtenOf(id: string, { dags, tags, conditions, until }: Told) {
  return {
    policy: clipped(id),
    dags: [...dags],
    tags: tags && [...tags],
    conditions: conditions.map(clipped),
    until: until === null ? null : new Date(until).toISOString(),
  }
}
