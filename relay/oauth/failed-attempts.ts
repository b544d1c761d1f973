import { JetwayError } from '#shared/errors/jetway-error.ts'
import { TokenBucket } from '#shared/protocol/token-bucket.ts'

const attempts = 30
const perSeconds = 60
/** More addresses than this at once: who came first starts anew. */
const maxAddresses = 10_000

/** Bounds how often someone may be wrong: a token bucket for each address, full at first. */
export class FailedAttempts {
  readonly #now: () => number
  /** Least recently wrong first. */
  readonly #buckets = new Map<string, TokenBucket>()

  /** @param now milliseconds since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** @throws RATE_LIMITED while this address was wrong too often */
  check(address: string): void {
    const now = this.#now()
    const ready = this.#buckets.get(address)?.readyAt(now) ?? now
    if (ready <= now) return
    const retryAfterSeconds = Math.ceil((ready - now) / 1000)
    throw new JetwayError('RATE_LIMITED', {
      limit: `${attempts} times in ${perSeconds} s`,
      retryAfterSeconds,
    })
  }

  add(address: string): void {
    const now = this.#now()
    const perSecond = attempts / perSeconds
    const bucket = this.#buckets.get(address) ?? new TokenBucket(perSecond, now, attempts - perSecond)
    bucket.take(now)
    this.#buckets.delete(address)
    this.#buckets.set(address, bucket)
    if (this.#buckets.size > maxAddresses) this.#buckets.delete(this.#buckets.keys().next().value as string)
  }
}
