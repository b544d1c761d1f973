import { analyseBody, possibleParts } from '#shared/airflow/body/analyse.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { confDigest } from '../../audit/conf-digest.ts'
import { confFacts } from '../../policy/conf-facts.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Exchange, Handler } from '../exchange.ts'
import { askForBody } from '../expect.ts'
import { policyRequestOf } from '../policy-request.ts'

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
    return read(exchange, Math.min(limitBytes, exchange.maxBodyBytes)).then((bytes) => {
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

async function read(exchange: Exchange, limitBytes: number): Promise<Buffer> {
  const { request, response } = exchange
  const tooLarge = () => new JetwayError('BODY_TOO_LARGE', { limit: limitBytes })
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge()
  if (request.headers['content-encoding'] !== undefined) {
    throw new JetwayError('BAD_REQUEST', { reason: 'The body must not be compressed here.' })
  }
  askForBody(exchange)
  const chunks: Buffer[] = []
  let bytes = 0
  return new Promise((resolve, reject) => {
    // Not an iterator: one that is left early destroys the connection, and with it the answer.
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      exchange.receivedBytes = bytes
      if (bytes > limitBytes) reject(tooLarge())
      else chunks.push(chunk)
    })
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', reject)
    response.once('close', () => reject(exchange.error ?? new JetwayError('STREAM_RESET')))
  })
}
