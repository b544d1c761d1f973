import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { filterKind } from './filter.ts'

/**
 * Refuses what changes state, and what is not known not to.
 *
 * @throws READ_ONLY (a retry does not help)
 */
export const readOnly = filterKind(
  'read-only',
  'Refuses what changes state.',
  {
    reason: z
      .string()
      .min(1)
      .max(200)
      .default('It was switched to reading.')
      .describe('Said to a person: why.'),
    until: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('Until when, as 2027-01-31T18:00:00+01:00; without an end where it is not given.'),
  },
  ({ reason, until }, { contact, now }) => {
    const ends = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until)
    return (next) => (exchange) => {
      if (exchange.resolved?.operation.changes !== false && now() < ends)
        throw new JetwayError('READ_ONLY', { until: until ?? 'further notice', reason, contact })
      return next(exchange)
    }
  },
)
