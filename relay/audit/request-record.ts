import type { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Exchange } from '../http/exchange.ts'
import type { AuditRecord } from './record.ts'
import { resourceOf, touchedOf } from './touched.ts'
import { whoOf } from './who.ts'

/** The record of a request: `intent` before what it changes is asked for, `request` when it has ended. */
export function requestRecord(
  kind: 'intent' | 'request',
  exchange: Exchange,
  generation: string,
): AuditRecord {
  const { request, response, principal, resolved, decision, error, tunnel } = exchange
  const [path = '/'] = (request.url ?? '/').split('?', 1)
  return {
    version: 1,
    // A token that is issued is someone who came: nothing was asked of a service.
    kind: exchange.signsIn ? 'session' : kind,
    time: new Date(exchange.startedAt).toISOString(),
    id: exchange.id,
    principal: whoOf(principal),
    agent: principal?.act ?? null,
    source: {
      address: exchange.address,
      via: tunnel ? 'tunnel' : 'direct',
      session: tunnel?.id ?? null,
      userAgent: request.headers['user-agent']?.slice(0, 256) ?? null,
    },
    service: exchange.serviceName,
    method: request.method ?? null,
    // Bytes that are no HTTP ask for none.
    path: path || null,
    operation: resolved?.operation.id ?? null,
    verb: resolved?.operation.verb ?? (exchange.signsIn ? 'token.issue' : null),
    resource: resourceOf(exchange),
    touched: touchedOf(exchange),
    confDigest: exchange.confDigest,
    decision: exchange.signsIn && !error ? allowed : decisionOf(decision, error),
    approval: exchange.approval,
    generation,
    status: response.headersSent ? response.statusCode : null,
    error: error?.code ?? (kind === 'intent' || response.writableFinished ? null : 'STREAM_RESET'),
    bytes: { received: exchange.receivedBytes, sent: exchange.sentBytes },
    durationMs: Date.now() - exchange.startedAt,
    ...(exchange.reason === null ? {} : { reason: exchange.reason }),
  }
}

/** Of a sign-in: no policy was asked. */
const allowed = { effect: 'allow', policies: [], obligations: [], code: null } as const

function decisionOf(decision: Exchange['decision'], error: JetwayError | null): AuditRecord['decision'] {
  if (decision?.effect === 'allow') {
    return { effect: 'allow', policies: decision.policies, obligations: decision.obligations, code: null }
  }
  // Refused before the policy was asked, by the guard for example
  const code = decision?.error.code ?? error?.code ?? null
  return { effect: 'deny', policies: decision?.policies ?? [], obligations: [], code }
}
