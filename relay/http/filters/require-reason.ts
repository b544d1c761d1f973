import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { filterKind } from './filter.ts'

const header = 'x-jetway-reason'
const maxLength = 500

/**
 * Asks for a reason in the header X-Jetway-Reason, UTF-8, at most 500 characters. It goes into the audit record, and
 * not to the upstream.
 *
 * @throws REASON_REQUIRED (a retry does not help)
 */
export const requireReason = filterKind(
  'require-reason',
  'Asks for a reason, in the header X-Jetway-Reason; it is recorded.',
  { minLength: z.int().min(1).max(maxLength).default(10).describe('The least it may have, in characters.') },
  ({ minLength }) =>
    (next) =>
    (exchange) => {
      const reason = textOf(exchange.request.headers[header])
      if (reason === null || reason.length < minLength) {
        const verb = exchange.resolved?.operation.verb ?? 'This'
        throw new JetwayError('REASON_REQUIRED', { verb, min: minLength, max: maxLength })
      }
      exchange.reason = reason
      return next(exchange)
    },
)

/** Null where it is missing, no UTF-8, too long, or has control characters. */
function textOf(value: string | string[] | undefined): string | null {
  if (typeof value !== 'string') return null
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1')).trim()
    return text.length <= maxLength && !/\p{Cc}/u.test(text) ? text : null
  } catch {
    return null
  }
}
