import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Decision } from '../../policy/decision.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Exchange, Handler } from '../exchange.ts'

/**
 * Whether they may. What no policy allows is denied.
 *
 * @throws FORBIDDEN, ROUTE_UNKNOWN, ROUTE_CLOSED
 */
export function authorize(policy: Policy): Handler {
  return (next) => (exchange) => {
    const { principal } = exchange
    if (!principal) throw new JetwayError('UNAUTHENTICATED')
    const decision: Decision = exchange.resolved
      ? policy.authorize(principal, exchange.resolved)
      : { effect: 'deny', policies: [], error: unknownRoute(exchange) }
    exchange.decision = decision
    if (decision.effect === 'deny') throw decision.error
    return next(exchange)
  }
}

function unknownRoute({ request }: Exchange): JetwayError {
  const [path = '/'] = (request.url ?? '/').split('?', 1)
  return new JetwayError('ROUTE_UNKNOWN', { method: request.method ?? '', path })
}
