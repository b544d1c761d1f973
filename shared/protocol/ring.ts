/** First in, first out, without shifting an array. */
export class Ring<T> {
  #items: (T | null)[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** The first one; there has to be one. */
  peek(): T {
    return this.#items[this.#head] as T
  }

  /** Takes the first one out; there has to be one. */
  shift(): T {
    const item = this.#items[this.#head] as T
    this.#items[this.#head] = null
    this.#head += 1
    if (this.#head === this.#items.length) {
      this.#items.length = 0
      this.#head = 0
    } else if (this.#head === compactAt) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }
}

const compactAt = 1024
