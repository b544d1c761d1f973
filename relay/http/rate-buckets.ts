import { TokenBucket } from '#shared/protocol/token-bucket.ts'

/** More keys than this within one interval: who came first starts anew. */
const maxBuckets = 50_000

/** Bounds how often something is done, for each key by itself: token buckets that are full at first. Bounded in memory. */
export class RateBuckets {
  readonly #requests: number
  readonly #perSeconds: number
  /** Least recently used first. One that nobody used for an interval is full, as a new one would be. */
  readonly #buckets = new Map<string, { bucket: TokenBucket; usedAt: number }>()

  /** @param o.requests so many at once, and on average in `perSeconds` */
  constructor(o: { requests: number; perSeconds: number }) {
    this.#requests = o.requests
    this.#perSeconds = o.perSeconds
  }

  /**
   * @param at milliseconds
   * @returns 0 when it may be done, else in how many seconds
   */
  take(key: string, at: number): number {
    const perSecond = this.#requests / this.#perSeconds
    this.#forget(at)
    const bucket =
      this.#buckets.get(key)?.bucket ?? new TokenBucket(perSecond, at, this.#requests - perSecond)
    this.#buckets.delete(key)
    this.#buckets.set(key, { bucket, usedAt: at })
    return bucket.take(at) ? 0 : Math.max(1, Math.ceil((bucket.readyAt(at) - at) / 1000))
  }

  #forget(at: number): void {
    for (const [key, { usedAt }] of this.#buckets) {
      if (this.#buckets.size < maxBuckets && at - usedAt < this.#perSeconds * 1000) return
      this.#buckets.delete(key)
    }
  }
}
