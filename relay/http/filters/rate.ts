import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { principalKey } from '../../identity/principal.ts'
import { RateBuckets } from '../rate-buckets.ts'
import { filterKind } from './filter.ts'

/**
 * Bounds how often a principal does the same operation: a token bucket for each principal and operation, full at
 * first.
 *
 * @throws RATE_LIMITED (a retry helps after the Retry-After)
 */
export const rate = filterKind(
  'rate',
  'Bounds how often one principal does the same operation.',
  {
    requests: z.int().min(1).max(1_000_000).describe('So many at once, and on average in the interval.'),
    perSeconds: z.int().min(1).max(86_400).default(60).describe('The interval, in seconds.'),
  },
  ({ requests, perSeconds }, { now }) => {
    const buckets = new RateBuckets({ requests, perSeconds })
    return (next) => (exchange) => {
      const { principal, resolved } = exchange
      if (!principal) throw new JetwayError('UNAUTHENTICATED')
      const key = `${resolved?.operation.id ?? ''} ${principalKey(principal)}`
      const retryAfterSeconds = buckets.take(key, now())
      if (retryAfterSeconds === 0) return next(exchange)
      throw new JetwayError('RATE_LIMITED', {
        limit: `${requests} in ${perSeconds} s`,
        retryAfterSeconds,
      })
    }
  },
)
