import type { JWTPayload } from 'jose'
import type { GroupsMissing, Principal } from './principal.ts'
import { isPrintable } from './printable.ts'

const maxGroups = 1000

type Groups = Pick<Principal, 'groups' | 'groupsMissing'>

/**
 * The groups that a token lists: a list, or (one group, some providers) a string. Entra ID leaves them out where there are
 * too many, and says so in `_claim_names` (OpenID Connect Core 1.0 §5.6.2) or `hasgroups`.
 *
 * @throws Error when they are not usable at all
 */
export function groupsOf(payload: JWTPayload, claim: string): Groups {
  if (areElsewhere(payload, claim)) return without('too-many')
  const value = payload[claim]
  if (value === undefined || value === null) return without('absent')
  const groups = typeof value === 'string' ? [value] : value
  if (!Array.isArray(groups) || groups.length > maxGroups) throw new Error('the groups claim is not a list')
  for (const group of groups) if (!isPrintable(group)) throw new Error('a group is not printable')
  return { groups: Object.freeze(groups as string[]) }
}

/**
 * A list that a provider may have cut off is no list: a group that is missing from it may be one that is forbidden
 * something.
 *
 * @param cutAt after how many the provider cuts without saying so; null where it does not
 */
export function wholeGroups(principal: Principal, cutAt: number | null): Principal {
  return principal.groups.length === cutAt ? Object.freeze({ ...principal, ...without('cut') }) : principal
}

function areElsewhere(payload: JWTPayload, claim: string): boolean {
  const names = payload._claim_names
  const isNamed = typeof names === 'object' && names !== null && Object.hasOwn(names, claim)
  return isNamed || (payload.hasgroups !== undefined && payload.hasgroups !== false)
}

function without(groupsMissing: GroupsMissing): Groups {
  return { groups: Object.freeze([]), groupsMissing }
}
