import { asJetwayError, type JetwayError } from '#shared/errors/jetway-error.ts'
import { entryOf } from '../../activity/entry.ts'
import type { AuditLog } from '../../audit/audit-log.ts'
import { requestRecord } from '../../audit/request-record.ts'
import type { Handler } from '../exchange.ts'

/**
 * Records every request of someone known, and every sign-in, when it has ended, whatever became of it; and of those who
 * said who they are, and were not believed. Whoever is in a session is told of theirs.
 */
export function audit(log: AuditLog, generation: string): Handler {
  return (next) => (exchange) => {
    exchange.response.once('close', () => {
      const { principal, signsIn, error, tunnel } = exchange
      if (!principal && !signsIn && !isRefusedSignIn(error)) return
      const record = requestRecord('request', exchange, generation)
      log.append(record)
      tunnel?.activity.add(entryOf(record, error))
    })
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

/** Whoever says nothing of who they are gets no cause, and no record. */
function isRefusedSignIn(error: JetwayError | null): boolean {
  return (
    error !== null && (error.entry.http === 401 || error.code === 'ACCESS_REVOKED') && error.cause != null
  )
}
