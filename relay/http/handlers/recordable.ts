import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { AuditLog } from '../../audit/audit-log.ts'
import type { Handler } from '../exchange.ts'

/**
 * While nothing can be recorded, nothing may be changed.
 *
 * @throws AUDIT_UNAVAILABLE
 */
export function recordable(log: AuditLog): Handler {
  return (next) => (exchange) => {
    if (!log.writable && exchange.resolved?.operation.changes !== false) {
      throw new JetwayError('AUDIT_UNAVAILABLE')
    }
    return next(exchange)
  }
}
