import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { filterKind } from './filter.ts'

/**
 * Bounds the body of a request. One that does not say its length is cut where it grows over it.
 *
 * @throws BODY_TOO_LARGE (a retry does not help)
 */
export const bodySize = filterKind(
  'body-size',
  'Bounds the body of a request.',
  { maxBytes: z.int().min(0).max(Number.MAX_SAFE_INTEGER).describe('The most it may have, in bytes.') },
  ({ maxBytes }) =>
    (next) =>
    (exchange) => {
      exchange.maxBodyBytes = Math.min(exchange.maxBodyBytes, maxBytes)
      if (Number(exchange.request.headers['content-length'] ?? 0) > maxBytes)
        throw new JetwayError('BODY_TOO_LARGE', { limit: maxBytes })
      return next(exchange)
    },
)
