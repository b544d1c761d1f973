import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { AuditLog } from '../../audit/audit-log.ts'
import { requestRecord } from '../../audit/request-record.ts'
import type { Handler } from '../exchange.ts'

/**
 * Writes down what is about to be changed, before Airflow hears of it: whatever becomes of the relay then, there is a
 * trace. What only reads waits for nothing.
 *
 * @throws AUDIT_UNAVAILABLE when it cannot be written down
 */
export function intent(log: AuditLog, generation: string): Handler {
  return (next) => (exchange) => {
    if (exchange.resolved?.operation.changes === false) return next(exchange)
    return log.commit(requestRecord('intent', exchange, generation)).then(() => {
      // Who asked has gone meanwhile, and was told nothing.
      if (exchange.response.destroyed) throw new JetwayError('STREAM_RESET')
      return next(exchange)
    })
  }
}
