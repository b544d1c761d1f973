import type { Verb } from '#shared/airflow/operation.ts'
import type { HttpGrant } from '#shared/config/http-grants.ts'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import { principalOf, type Who } from './ask.ts'
import { type AccessChange, type AccessComparison, compareAccess } from './compare.ts'
import { authorizeConnect } from './connect.ts'
import { compilePolicy } from './policy.ts'
import { connectVerb } from './question.ts'
import { allKinds, sampleOf } from './sample.ts'

/**
 * What a change of policy widens and narrows, for whom: on Airflow's operations, on tcp and on http services.
 *
 * @param together sets of groups that people have, such as an audit log names
 */
export function comparePolicies(
  before: PolicyConfig,
  after: PolicyConfig,
  together: readonly (readonly string[])[] = [],
): AccessComparison {
  const sample = sampleOf(before, after, together)
  const access = compareAccess(compilePolicy(before), compilePolicy(after), sample)
  return {
    ...access,
    widened: [...access.widened, ...newConnections(before, after), ...newHttp(before, after)],
    narrowed: [...access.narrowed, ...newConnections(after, before), ...newHttp(after, before)],
  }
}

/** Connections that `after` allows and `before` does not. What several groups may, one of them may alone. */
function newConnections(before: PolicyConfig, after: PolicyConfig): AccessChange[] {
  const groups = new Set(after.connect.map(({ group }) => group))
  const named = [...new Set(after.connect.flatMap(({ services }) => services))].sort()
  return [...groups].flatMap((group) => {
    const who: Who = { kind: 'person', name: null, groups: [group] }
    const may = (config: PolicyConfig, service: string) =>
      authorizeConnect(config, principalOf(who), service).effect === 'allow'
    const services = named.filter((service) => may(after, service) && !may(before, service))
    if (services.length === 0) return []
    const verb: Verb = connectVerb
    return [{ who: { groups: [group], kinds: allKinds }, verb, dags: null, services, airflowRole: null }]
  })
}

/** Grants on http services that `after` has and no grant of `before` plainly covers. */
function newHttp(before: PolicyConfig, after: PolicyConfig): AccessChange[] {
  const known = before.http.flatMap(piecesOf)
  return after.http.flatMap(piecesOf).flatMap((piece) => {
    const isCovered = known.some(
      ({ group, service, verb, path }) =>
        group === piece.group &&
        service === piece.service &&
        (verb === piece.verb || verb === 'http.write') &&
        (path === piece.path || path === '/*'),
    )
    if (isCovered) return []
    const services = [`${piece.service}${piece.path}`]
    const who = { groups: [piece.group], kinds: allKinds }
    return [{ who, verb: piece.verb, dags: null, services, airflowRole: null }]
  })
}

function piecesOf({ group, services, verbs, paths }: HttpGrant) {
  return services.flatMap((service) =>
    verbs.flatMap((verb) => paths.map((path) => ({ group, service, verb, path }))),
  )
}
