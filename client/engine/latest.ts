/** The latest of many things, so many of them and so much together. */
export class Latest<T> {
  readonly #most: number
  readonly #mostChars: number
  readonly #items: { readonly item: T; readonly chars: number }[] = []
  #chars = 0

  /** @param o.mostChars of all of them, as JSON */
  constructor(o: { most: number; mostChars: number }) {
    this.#most = o.most
    this.#mostChars = o.mostChars
  }

  /** @returns how many had to go for it, oldest first */
  push(item: T): number {
    const { length: chars } = JSON.stringify(item)
    this.#items.push({ item, chars })
    this.#chars += chars
    let gone = 0
    while (this.#items.length > this.#most || (this.#chars > this.#mostChars && this.#items.length > 1)) {
      this.#chars -= this.#items.shift()?.chars ?? 0
      gone += 1
    }
    return gone
  }

  /** Oldest first. */
  get all(): T[] {
    return this.#items.map(({ item }) => item)
  }

  clear(): void {
    this.#items.length = 0
    this.#chars = 0
  }
}
