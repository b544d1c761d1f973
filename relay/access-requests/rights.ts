import { knowsGroups, type Principal } from '../identity/principal.ts'
import type { RequestRule } from '../policy/request-rules.ts'
import type { AccessRequest, Asker } from '../state/access-request.ts'

/** Whether this is a person, by themselves: no machine, and no agent that acts for one. */
export function isPersonThemself({ kind, act }: Principal): boolean {
  return kind === 'person' && act === undefined
}

export function mayAsk(principal: Principal, { group }: RequestRule): boolean {
  return isPersonThemself(principal) && knowsGroups(principal) && principal.groups.includes(group)
}

/** Whether someone decides on what others ask for; never on what they ask for themselves: see {@link isOwn}. */
export function isApprover(principal: Principal, { approvers }: RequestRule): boolean {
  const { groups } = principal
  return (
    isPersonThemself(principal) &&
    knowsGroups(principal) &&
    approvers.some((approver) => groups.includes(approver))
  )
}

export function isSamePerson(a: Pick<Asker, 'issuer' | 'subject'>, b: typeof a): boolean {
  return a.issuer === b.issuer && a.subject === b.subject
}

/** Whether it is someone's own request, also where they have come in by another provider this time. */
export function isOwn({ asker }: AccessRequest, principal: Principal): boolean {
  const { email } = principal
  const isSameAddress = email !== null && email.toLowerCase() === asker.email?.toLowerCase()
  return isSamePerson(asker, principal) || isSameAddress
}
