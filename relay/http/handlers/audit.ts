import type { Resource } from '#shared/airflow/operation.ts'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import type { AuditLog } from '../../audit/audit-log.ts'
import type { AuditRecord } from '../../audit/record.ts'
import { whoOf } from '../../audit/who.ts'
import type { Exchange, Handler } from '../exchange.ts'

/**
 * Records every request of someone known, when it has ended, whatever became of it. While nothing can be
 * recorded, nothing may be changed.
 *
 * @throws AUDIT_UNAVAILABLE
 */
export function audit(log: AuditLog, generation: string): Handler {
  return (next) => (exchange) => {
    exchange.response.once('close', () => log.append(recordOf(exchange, generation)))
    if (!log.writable && exchange.resolved?.operation.changes !== false) {
      throw new JetwayError('AUDIT_UNAVAILABLE')
    }
    // The reason is kept here as well, so that the record does not depend on who answers the error.
    const keep = (error: unknown): never => {
      exchange.error = asJetwayError(error)
      throw exchange.error
    }
    try {
      const handled = next(exchange)
      return typeof handled === 'boolean' ? handled : handled.catch(keep)
    } catch (error) {
      return keep(error)
    }
  }
}

function recordOf(exchange: Exchange, generation: string): AuditRecord {
  const { request, response, principal, resolved, decision, error, tunnel } = exchange
  const [path = '/'] = (request.url ?? '/').split('?', 1)
  return {
    version: 1,
    kind: 'request',
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
    path,
    operation: resolved?.operation.id ?? null,
    verb: resolved?.operation.verb ?? null,
    resource: resolved && resourceOf(resolved.resource, exchange.runId),
    confDigest: exchange.confDigest,
    decision: decisionOf(decision, error),
    approval: null,
    generation,
    status: response.headersSent ? response.statusCode : null,
    error: error?.code ?? (response.writableFinished ? null : 'STREAM_RESET'),
    bytes: { received: exchange.receivedBytes, sent: exchange.sentBytes },
    durationMs: Date.now() - exchange.startedAt,
    ...(exchange.reason === null ? {} : { reason: exchange.reason }),
  }
}

function resourceOf({ dag, run, task, name }: Resource, runId: string | null): AuditRecord['resource'] {
  return { dag, run: run ?? runId, task, name }
}

function decisionOf(decision: Exchange['decision'], error: JetwayError | null): AuditRecord['decision'] {
  if (decision?.effect === 'allow') {
    return { effect: 'allow', policies: decision.policies, obligations: decision.obligations, code: null }
  }
  // Refused before the policy was asked, by the guard for example
  const code = decision?.error.code ?? error?.code ?? null
  return { effect: 'deny', policies: decision?.policies ?? [], obligations: [], code }
}
