import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { TokenBucket } from '#shared/protocol/token-bucket.ts'
import { principalKey } from '../../identity/principal.ts'
import { filterKind } from './filter.ts'

/** More people times operations than this within one interval: who came first starts anew. */
const maxBuckets = 50_000

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
    const perSecond = requests / perSeconds
    /** Least recently used first. One that nobody used for an interval is full, as a new one would be. */
    const buckets = new Map<string, { bucket: TokenBucket; usedAt: number }>()
    const forget = (at: number) => {
      for (const [key, { usedAt }] of buckets) {
        if (buckets.size < maxBuckets && at - usedAt < perSeconds * 1000) return
        buckets.delete(key)
      }
    }
    return (next) => (exchange) => {
      const { principal, resolved } = exchange
      if (!principal) throw new JetwayError('UNAUTHENTICATED')
      const at = now()
      const key = `${resolved?.operation.id ?? ''} ${principalKey(principal)}`
      forget(at)
      const bucket = buckets.get(key)?.bucket ?? new TokenBucket(perSecond, at, requests - perSecond)
      buckets.delete(key)
      buckets.set(key, { bucket, usedAt: at })
      if (bucket.take(at)) return next(exchange)
      const retryAfterSeconds = Math.max(1, Math.ceil((bucket.readyAt(at) - at) / 1000))
      throw new JetwayError('RATE_LIMITED', {
        limit: `${requests} in ${perSeconds} s`,
        retryAfterSeconds,
      })
    }
  },
)
