import type { ResolvedOperation } from '#shared/airflow/operation.ts'
import type { Principal } from '../identity/principal.ts'
import type { Decision } from './decision.ts'
import type { Policy } from './policy.ts'

/**
 * Patterns of the DAGs of which Airflow may speak in its answer to a request that was allowed: those that it is about,
 * and those of which the person could ask the same. A page on one DAG may name others.
 */
export function dagsSpokenOf(
  policy: Policy,
  principal: Principal,
  touched: readonly ResolvedOperation[],
  decision: Decision,
): readonly string[] {
  if (decision.effect === 'deny') return []
  if (decision.dags) return decision.dags
  const named = touched.flatMap(({ resource: { dag } }) => (dag === null || dag === '~' ? [] : [dag]))
  const [first] = touched
  if (!first) return named
  const ofAny = { ...first.resource, dag: first.resource.dag === null ? null : '~' }
  const could = policy.couldAllow(principal, { ...first, resource: ofAny })
  const others = could.effect === 'allow' ? (could.dags ?? []) : []
  return others.includes('*') ? ['*'] : [...new Set([...named, ...others])].sort()
}
