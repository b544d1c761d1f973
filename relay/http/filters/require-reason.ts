import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { maxReasonChars, reasonOf } from '../reason.ts'
import { filterKind } from './filter.ts'

/**
 * Asks for a reason in the header X-Jetway-Reason, UTF-8, at most 500 characters. It goes into the audit record, and
 * not to the upstream.
 *
 * @throws REASON_REQUIRED (a retry does not help)
 */
export const requireReason = filterKind(
  'require-reason',
  'Asks for a reason, in the header X-Jetway-Reason; it is recorded.',
  {
    minLength: z
      .int()
      .min(1)
      .max(maxReasonChars)
      .default(10)
      .describe('The least it may have, in characters.'),
  },
  ({ minLength }) =>
    (next) =>
    (exchange) => {
      const reason = reasonOf(exchange.request)
      if (reason === null || reason.length < minLength) {
        const verb = exchange.resolved?.operation.verb ?? 'This'
        throw new JetwayError('REASON_REQUIRED', { verb, min: minLength, max: maxReasonChars })
      }
      exchange.reason = reason
      return next(exchange)
    },
)
