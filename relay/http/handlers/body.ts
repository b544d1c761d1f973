import { analyseBody, possibleParts } from '#shared/airflow/body/analyse.ts'
import { confDigest } from '../../audit/conf-digest.ts'
import { confFacts } from '../../policy/conf-facts.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Handler } from '../exchange.ts'
import { policyRequestOf } from '../policy-request.ts'
import { readBody } from '../read-body.ts'

/**
 * Reads the body of a request that says there what it touches, and for what is recorded of it: the digest of a conf, and
 * the id of a run. It is read for nobody who could not be allowed, whatever it says. What was read is what is forwarded;
 * all other bodies stream through unread.
 *
 * @throws FORBIDDEN, FORBIDDEN_BY_RULE, CONDITION_NOT_MET, SIGN_IN_TOO_OLD, BODY_TOO_LARGE, BAD_REQUEST
 */
export function body(policy: Pick<Policy, 'couldAllow'>, limitBytes: number): Handler {
  return (next) => (exchange) => {
    const { principal, resolved } = exchange
    if (!principal || !resolved || resolved.operation.body === null) return next(exchange)
    const possible = possibleParts(resolved).map((part) =>
      policy.couldAllow(policyRequestOf(exchange, principal, part, null)),
    )
    const [denied] = possible
    if (denied?.effect === 'deny' && possible.every(({ effect }) => effect === 'deny')) {
      exchange.decision = denied
      throw denied.error
    }
    exchange.stage = 'body'
    return readBody(exchange, Math.min(limitBytes, exchange.maxBodyBytes)).then((bytes) => {
      exchange.body = bytes
      const { headers, url: target = '' } = exchange.request
      const contentType = headers['content-type'] ?? null
      const facts = analyseBody(resolved, { bytes, contentType, target })
      exchange.touched = facts.touched
      exchange.runId = facts.runId
      if (facts.conf !== undefined) {
        exchange.confDigest = confDigest(facts.conf)
        exchange.conf = confFacts(facts.conf)
      }
      return next(exchange)
    })
  }
}
