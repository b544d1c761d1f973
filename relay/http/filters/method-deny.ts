import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { filterKind } from './filter.ts'

/**
 * Refuses HTTP methods.
 *
 * @throws FILTERED (a retry does not help)
 */
export const methodDeny = filterKind(
  'method-deny',
  'Refuses HTTP methods.',
  {
    methods: z
      .array(z.string().regex(/^[A-Z]{1,20}$/, 'upper-case letters'))
      .min(1)
      .describe('Which, e.g. DELETE.'),
  },
  ({ methods }, { contact }) => {
    const denied = new Set(methods)
    return (next) => (exchange) => {
      const { method = '' } = exchange.request
      if (denied.has(method)) throw new JetwayError('FILTERED', { what: `The method ${method}`, contact })
      return next(exchange)
    }
  },
)
