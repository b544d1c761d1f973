import { isDeepStrictEqual } from 'node:util'
import type { HttpGrant } from '#shared/config/http-grants.ts'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import { type AccessChange, type AccessComparison, compareAccess } from './compare.ts'
import { endOf } from './conditions.ts'
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
    const changed = [...changedPolicies(before.cedarFiles, after.cedarFiles), ...changedHttpRules(old, next)]
    return {
      ...access,
      widened: [...access.widened, ...newHttp(old, next)],
      narrowed: [...access.narrowed, ...newHttp(next, old)],
      incomplete: [...access.incomplete, ...changed],
    }
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

/** Rules that forbid something on http services are not asked about. */
function changedHttpRules(before: PolicyConfig, after: PolicyConfig): string[] {
  const rules = ({ forbid }: PolicyConfig) =>
    forbid.filter(({ verbs }) => verbs.some((verb) => verb.startsWith('http.')))
  if (isDeepStrictEqual(rules(before), rules(after))) return []
  return ['what is forbidden on http services, which was changed']
}

/** Grants on http services that `after` has and no grant of `before` plainly covers. */
function newHttp(before: PolicyConfig, after: PolicyConfig): AccessChange[] {
  const known = before.http.flatMap(piecesOf)
  return after.http.flatMap(piecesOf).flatMap((piece) => {
    const isCovered = known.some(
      ({ group, service, verb, path, when, until }) =>
        group === piece.group &&
        service === piece.service &&
        (verb === piece.verb || verb === 'http.write') &&
        (path === piece.path || path === '/*') &&
        isDeepStrictEqual(when, piece.when) &&
        (until === null || (piece.until !== null && endOf(piece.until) <= endOf(until))),
    )
    if (isCovered) return []
    const services = [`${piece.service}${piece.path}`]
    const who = { groups: [piece.group], kinds: ['person', 'machine', 'agent'] as const }
    return [{ who, verb: piece.verb, dags: null, services, airflowRole: null, sometimes: null }]
  })
}

function piecesOf({ group, services, verbs, paths, when, until }: HttpGrant) {
  return services.flatMap((service) =>
    verbs.flatMap((verb) => paths.map((path) => ({ group, service, verb, path, when, until }))),
  )
}
