import type { ResolvedOperation } from '#shared/airflow/operation.ts'
import { isNarrowed } from '#shared/airflow/touched.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Principal } from '../../identity/principal.ts'
import type { ConnectDecision, Decision } from '../../policy/decision.ts'
import type { Policy } from '../../policy/policy.ts'
import { together } from '../../policy/together.ts'
import type { Upstream } from '../../upstream/upstream.ts'
import type { Exchange, Handler } from '../exchange.ts'
import { policyRequestOf } from '../policy-request.ts'
import { maxReasonChars, reasonOf } from '../reason.ts'

/**
 * Whether they may do all that the request touches. What no policy allows is denied, and one part that is denied refuses
 * the whole request.
 *
 * @param approvalOf what was approved for someone, where of the policies that allow something no other is left
 * @throws FORBIDDEN, FORBIDDEN_BY_RULE, CONDITION_NOT_MET, SIGN_IN_TOO_OLD, REASON_REQUIRED, ROUTE_UNKNOWN, ROUTE_CLOSED
 */
export function authorize(
  policy: Pick<Policy, 'authorize' | 'authorizeHttp' | 'authorizeNarrowed' | 'usesTags'>,
  approvalOf: (principal: Principal, policies: readonly string[]) => string | null,
): Handler {
  return (next) => (exchange) => {
    const { principal, upstream, touched } = exchange
    if (!principal || !upstream) throw new JetwayError('UNAUTHENTICATED')
    const settle = (decision: Decision | ConnectDecision) => {
      exchange.decision = fulfilled(decision, exchange)
      if (exchange.decision.effect === 'deny') throw exchange.decision.error
      exchange.approval = approvalOf(principal, exchange.decision.policies)
      return next(exchange)
    }
    if (touched.length === 0) return settle(denied([], unknownRoute(exchange)))
    const [first] = touched
    if (upstream.type === 'http' && first) {
      return settle(policy.authorizeHttp(policyRequestOf(exchange, principal, first, null)))
    }
    const ask = (what: ResolvedOperation, tags: Tags | null) =>
      decide(policy, { exchange, principal, upstream, what, tags })
    if (!policy.usesTags) return settle(together(touched.map((what) => ask(what, null))))
    return tagsOf(upstream, touched).then((tags) => settle(together(touched.map((what) => ask(what, tags)))))
  }
}

type Tags = ReadonlyMap<string, readonly string[] | null>

function decide(
  policy: Pick<Policy, 'authorize' | 'authorizeNarrowed'>,
  o: {
    exchange: Exchange
    principal: Principal
    upstream: Upstream
    what: ResolvedOperation
    tags: Tags | null
  },
): Decision {
  const tags = o.tags?.get(o.what.resource.dag ?? '') ?? null
  const request = policyRequestOf(o.exchange, o.principal, o.what, tags)
  const isLeftToAirflow = o.upstream.narrows && isNarrowed(o.what)
  return isLeftToAirflow ? policy.authorizeNarrowed(request) : policy.authorize(request)
}

async function tagsOf(upstream: Upstream, touched: readonly ResolvedOperation[]): Promise<Tags> {
  const dags = new Set(touched.flatMap(({ resource: { dag } }) => (dag === null || dag === '~' ? [] : dag)))
  return new Map(
    await Promise.all([...dags].map(async (dag) => [dag, await upstream.dagTags.tagsOf(dag)] as const)),
  )
}

/** An allow whose obligations are met, else a denial. A reason that had to be given is recorded. */
function fulfilled<D extends Decision | ConnectDecision>(decision: D, exchange: Exchange): D | Denied {
  if (decision.effect === 'deny' || !decision.obligations.includes('reason')) return decision
  exchange.reason = reasonOf(exchange.request)
  if (exchange.reason !== null) return decision
  const verb = exchange.resolved?.operation.verb ?? 'This'
  return denied(decision.policies, new JetwayError('REASON_REQUIRED', { verb, min: 1, max: maxReasonChars }))
}

type Denied = Extract<ConnectDecision, { effect: 'deny' }>

function denied(policies: readonly string[], error: JetwayError): Denied {
  return { effect: 'deny', policies, error, failed: [] }
}

function unknownRoute({ request }: Exchange): JetwayError {
  const [path = '/'] = (request.url ?? '/').split('?', 1)
  return new JetwayError('ROUTE_UNKNOWN', { method: request.method ?? '', path })
}
