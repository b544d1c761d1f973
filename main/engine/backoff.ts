/** Waiting times between attempts: doubling from `firstMs` to `mostMs`, back to the start after a good spell. */
export class Backoff {
  readonly #firstMs: number
  readonly #mostMs: number
  readonly #goodMs: number
  #nextMs: number

  constructor(firstMs: number, mostMs: number, goodMs: number) {
    this.#firstMs = firstMs
    this.#mostMs = mostMs
    this.#goodMs = goodMs
    this.#nextMs = firstMs
  }

  /** The wait before the next attempt, after one that lasted `lastedMs`. */
  next(lastedMs: number): number {
    if (lastedMs >= this.#goodMs) this.#nextMs = this.#firstMs
    const waitMs = this.#nextMs
    this.#nextMs = Math.min(this.#nextMs * 2, this.#mostMs)
    return waitMs
  }
}
