import type { PolicyConfig } from '#shared/config/policy-config.ts'
import { type RequestRule, requestRulesOf } from './request-rules.ts'

/**
 * What can be asked for that could not, by whom it can be approved, and for how long. What it gives is compared with the
 * grants. A sentence each.
 */
export function requestChanges(
  before: PolicyConfig,
  next: PolicyConfig,
): { readonly widens: string[]; readonly narrows: string[] } {
  const [old, wanted] = [requestRulesOf(before), requestRulesOf(next)]
  const between = (from: typeof old, to: typeof old, more: string) =>
    [...to.values()].flatMap((rule) => differences(from.get(rule.id), rule, more))
  return { widens: between(old, wanted, 'now'), narrows: between(wanted, old, 'no more') }
}

/** What a rule has that the other one has not. */
function differences(other: RequestRule | undefined, rule: RequestRule, more: string): string[] {
  const { id, group, approvers, longestSeconds } = rule
  const minutes = `${longestSeconds / 60} min`
  if (!other) {
    const by = approvers.join(', ')
    return [`people of ${group} may ${more} ask for ${id}, for ${minutes} at most, approved by ${by}`]
  }
  const added = approvers.filter((approver) => !other.approvers.includes(approver))
  return [
    ...(added.length === 0 ? [] : [`${id} may ${more} be approved by ${added.join(', ')}`]),
    ...(longestSeconds > other.longestSeconds ? [`${id} may ${more} be asked for ${minutes}`] : []),
  ]
}
