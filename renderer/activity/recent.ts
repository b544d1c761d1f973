/** The newest items, each under a number that it keeps; the oldest give way. Adding one costs the same at any size. */
export class Recent<T> {
  readonly #capacity: number
  readonly #items: T[] = []
  #next = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** The number of the oldest that is still there. */
  get first(): number {
    return Math.max(0, this.#next - this.#capacity)
  }

  /** The number that the next one gets. */
  get next(): number {
    return this.#next
  }

  push(item: T): void {
    this.#items[this.#next % this.#capacity] = item
    this.#next += 1
  }

  /** Null for one that has given way or has not come yet. */
  at(number: number): T | null {
    return number < this.first || number >= this.#next ? null : (this.#items[number % this.#capacity] as T)
  }
}
