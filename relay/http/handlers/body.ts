import type { Handler } from '../exchange.ts'
import { readTriggerBody } from '../trigger-body.ts'

/**
 * Reads the body of a trigger for the record, where it was not read to decide. All other bodies stream through unread.
 *
 * @throws BODY_TOO_LARGE, BAD_REQUEST
 */
export function body(limitBytes: number): Handler {
  return (next) => (exchange) => {
    if (!exchange.resolved?.operation.readsConf || exchange.body !== null) return next(exchange)
    return readTriggerBody(exchange, limitBytes).then(() => next(exchange))
  }
}
