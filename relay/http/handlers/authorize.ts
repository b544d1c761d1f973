import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Decision } from '../../policy/decision.ts'
import type { Policy } from '../../policy/policy.ts'
import type { PolicyRequest } from '../../policy/request.ts'
import type { Exchange, Handle, Handler } from '../exchange.ts'
import { policyRequestOf } from '../policy-request.ts'
import { readTriggerBody } from '../trigger-body.ts'

/**
 * Whether they may. What no policy permits is denied. The body of a trigger is read first only where its conf can make
 * the difference: who may not trigger whatever the conf is, is told so before the relay takes it in.
 *
 * @param limitBytes of a body that has to be read
 * @throws FORBIDDEN, FORBIDDEN_BY_RULE, CONDITION_NOT_MET, SIGN_IN_TOO_OLD, REASON_REQUIRED, ROUTE_UNKNOWN, ROUTE_CLOSED
 * @throws BODY_TOO_LARGE, BAD_REQUEST
 */
export function authorize(policy: Pick<Policy, 'authorize'>, limitBytes: number): Handler {
  return (next) => (exchange) => {
    const { principal, resolved } = exchange
    if (!principal) throw new JetwayError('UNAUTHENTICATED')
    if (!resolved) return settle(exchange, denied([], unknownRoute(exchange)), next)
    const decide = () => {
      const request = policyRequestOf(exchange, principal, resolved, null)
      return fulfilled(policy.authorize(request), request)
    }
    const decision = decide()
    if (decision.effect === 'allow' || !decision.needsConf) return settle(exchange, decision, next)
    return readTriggerBody(exchange, limitBytes).then(() => settle(exchange, decide(), next))
  }
}

function settle(exchange: Exchange, decision: Decision, next: Handle): boolean | Promise<boolean> {
  exchange.decision = decision
  if (decision.effect === 'deny') throw decision.error
  return next(exchange)
}

/** An allow whose obligations are met, else a denial. */
function fulfilled(decision: Decision, { operation, resource, context }: PolicyRequest): Decision {
  if (decision.effect === 'deny' || !decision.obligations.includes('reason') || context.reason !== null) {
    return decision
  }
  const error = new JetwayError('REASON_REQUIRED', {
    verb: operation.verb ?? '',
    resource: resource.dag ?? resource.name ?? 'everything',
  })
  return denied(decision.policies, error)
}

function denied(policies: readonly string[], error: JetwayError): Decision {
  return { effect: 'deny', policies, error, failed: [], needsConf: false }
}

function unknownRoute({ request }: Exchange): JetwayError {
  const [path = '/'] = (request.url ?? '/').split('?', 1)
  return new JetwayError('ROUTE_UNKNOWN', { method: request.method ?? '', path })
}
