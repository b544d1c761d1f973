import type { Logger } from 'pino'
import type { Handler } from '../exchange.ts'

/** One line a request for operators. Evidence is the audit's; this one may be sampled or turned off. */
export function accessLog(log: Logger): Handler {
  return (next) => (exchange) => {
    if (log.isLevelEnabled('info')) {
      exchange.response.once('close', () => {
        log.info(
          {
            id: exchange.id,
            method: exchange.request.method,
            operation: exchange.resolved?.operation.id,
            status: exchange.response.headersSent ? exchange.response.statusCode : null,
            ms: Date.now() - exchange.startedAt,
            bytes: exchange.sentBytes,
            code: exchange.error?.code,
          },
          'request',
        )
      })
    }
    return next(exchange)
  }
}
