/** Lets things happen at a rate, and as many at once as come in one second of it and `spare` more. */
export class TokenBucket {
  readonly #perSecond: number
  readonly #capacity: number
  #tokens: number
  #at: number

  constructor(perSecond: number, now: number, spare = 0) {
    this.#perSecond = perSecond
    this.#capacity = perSecond + spare
    this.#tokens = this.#capacity
    this.#at = now
  }

  /** How many may happen now. */
  available(now: number): number {
    this.#tokens = Math.min(this.#capacity, this.#tokens + ((now - this.#at) * this.#perSecond) / 1000)
    this.#at = now
    return Math.floor(this.#tokens)
  }

  /** @returns false when it may not happen now */
  take(now: number): boolean {
    if (this.available(now) < 1) return false
    this.#tokens -= 1
    return true
  }

  /** When the next may happen, on the clock of `now`. */
  readyAt(now: number): number {
    if (this.available(now) >= 1) return now
    return now + Math.ceil(((1 - this.#tokens) * 1000) / this.#perSecond)
  }
}
