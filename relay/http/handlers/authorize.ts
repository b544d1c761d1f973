import type { ResolvedOperation } from '#shared/airflow/operation.ts'
import { isNarrowed } from '#shared/airflow/touched.ts'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Principal } from '../../identity/principal.ts'
import type { ConnectDecision, Decision } from '../../policy/decision.ts'
import { authorizeHttp } from '../../policy/http.ts'
import type { Policy } from '../../policy/policy.ts'
import { together } from '../../policy/together.ts'
import type { Upstream } from '../../upstream/upstream.ts'
import type { Exchange, Handler } from '../exchange.ts'

/**
 * Whether they may do all that the request touches. What no policy allows is denied, and one part that is denied refuses
 * the whole request.
 *
 * @throws FORBIDDEN, ROUTE_UNKNOWN, ROUTE_CLOSED
 */
export function authorize(policy: Policy, config: PolicyConfig): Handler {
  return (next) => (exchange) => {
    const { principal, upstream, touched } = exchange
    if (!principal || !upstream) throw new JetwayError('UNAUTHENTICATED')
    const settle = (decision: Decision | ConnectDecision) => {
      exchange.decision = decision
      if (decision.effect === 'deny') throw decision.error
      return next(exchange)
    }
    if (touched.length === 0) {
      return settle({ effect: 'deny', policies: [], error: unknownRoute(exchange) })
    }
    const [first] = touched
    if (upstream.type === 'http' && first)
      return settle(authorizeHttp(config, principal, upstream.name, first))
    const ask = (what: ResolvedOperation, tags: Tags | null) =>
      decide(policy, principal, upstream, what, tags)
    if (!policy.usesTags) return settle(together(touched.map((what) => ask(what, null))))
    return tagsOf(upstream, touched).then((tags) => settle(together(touched.map((what) => ask(what, tags)))))
  }
}

type Tags = ReadonlyMap<string, readonly string[] | null>

function decide(
  policy: Policy,
  principal: Principal,
  upstream: Upstream,
  what: ResolvedOperation,
  tags: Tags | null,
): Decision {
  if (upstream.narrows && isNarrowed(what)) return policy.couldAllow(principal, what)
  return policy.authorize(principal, what, tags?.get(what.resource.dag ?? '') ?? null)
}

async function tagsOf(upstream: Upstream, touched: readonly ResolvedOperation[]): Promise<Tags> {
  const dags = new Set(touched.flatMap(({ resource: { dag } }) => (dag === null || dag === '~' ? [] : dag)))
  return new Map(
    await Promise.all([...dags].map(async (dag) => [dag, await upstream.dagTags.tagsOf(dag)] as const)),
  )
}

function unknownRoute({ request }: Exchange): JetwayError {
  const [path = '/'] = (request.url ?? '/').split('?', 1)
  return new JetwayError('ROUTE_UNKNOWN', { method: request.method ?? '', path })
}
