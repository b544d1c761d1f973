import { type AccessComparison, compareAccess } from './compare.ts'
import type { PolicySource } from './explain.ts'
import { type CedarFile, ownPolicies } from './own-policies.ts'
import { compilePolicy } from './policy.ts'
import { sampleOf } from './sample.ts'

/**
 * What a change of policy widens and narrows, for whom. Grants and rules of the configurations are compared as if there
 * were no Cedar files, so that nothing that they widen is hidden; a policy of a file that is not the same any more is
 * named among what is incomplete.
 *
 * @param together sets of groups that people have, such as an audit log names
 * @param now from when on they are compared, in ms since the epoch
 */
export function comparePolicies(
  before: PolicySource,
  after: PolicySource,
  together: readonly (readonly string[])[] = [],
  now: number = Date.now(),
): AccessComparison {
  const withoutFiles = ({ config }: PolicySource) => ({ ...config, cedarFiles: [] })
  const [old, next] = [withoutFiles(before), withoutFiles(after)]
  const [oldPolicy, nextPolicy] = [compilePolicy(old), compilePolicy(next)]
  try {
    const access = compareAccess(oldPolicy, nextPolicy, sampleOf(old, next, together, now))
    const changed = changedPolicies(before.cedarFiles, after.cedarFiles)
    return { ...access, incomplete: [...access.incomplete, ...changed] }
  } finally {
    oldPolicy.release()
    nextPolicy.release()
  }
}

/** Policies of files that were added, changed or taken away. */
function changedPolicies(before: readonly CedarFile[], after: readonly CedarFile[]): string[] {
  const byId = (files: readonly CedarFile[]) =>
    new Map(ownPolicies(files).policies.map(({ id, cedar }) => [id, cedar]))
  const [old, next] = [byId(before), byId(after)]
  const words = (id: string) =>
    !old.has(id)
      ? 'was added'
      : !next.has(id)
        ? 'was taken away'
        : old.get(id) === next.get(id)
          ? null
          : 'was changed'
  return [...new Set([...old.keys(), ...next.keys()])].flatMap((id) => {
    const what = words(id)
    return what === null ? [] : [`the Cedar policy ${id}, which ${what}`]
  })
}
