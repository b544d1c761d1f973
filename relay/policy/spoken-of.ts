import type { ResolvedOperation } from '#shared/airflow/operation.ts'
import type { Decision } from './decision.ts'
import type { Policy } from './policy.ts'
import type { PolicyRequest } from './request.ts'

/**
 * Patterns of the DAGs of which Airflow may speak in its answer to a request that was allowed: those that it is about,
 * and those of which the person could ask the same. A page on one DAG may name others.
 *
 * @param requestOf what the policy is asked for a part of the request
 */
export function dagsSpokenOf(
  policy: Pick<Policy, 'authorizeNarrowed'>,
  requestOf: (what: ResolvedOperation) => PolicyRequest,
  touched: readonly ResolvedOperation[],
  decision: Decision,
): readonly string[] {
  if (decision.effect === 'deny') return []
  if (decision.dags) return decision.dags
  const named = touched.flatMap(({ resource: { dag } }) => (dag === null || dag === '~' ? [] : [dag]))
  const [first] = touched
  if (!first) return named
  const ofAny = policy.authorizeNarrowed(requestOf(first))
  const others = ofAny.effect === 'allow' ? (ofAny.dags ?? []) : []
  return others.includes('*') ? ['*'] : [...new Set([...named, ...others])].sort()
}
