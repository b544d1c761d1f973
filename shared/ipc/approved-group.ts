/**
 * The groups of those whose request for access was approved, one for each rule of `policy.requests`. They are the relay's
 * own: what a provider calls so is not taken, and no rule of a configuration may name one.
 */
const prefix = 'approved:'

/** @param policy the id of the rule's policy */
export function approvedGroup(policy: string): string {
  return prefix + policy
}

/** In whatever case: so that nothing looks like one that is none. */
export function isApprovedGroup(group: string): boolean {
  return group.slice(0, prefix.length).toLowerCase() === prefix
}
