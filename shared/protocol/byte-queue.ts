/** Bytes in order, kept in the chunks they came in; taken out at any length without shifting arrays. */
export class ByteQueue {
  #chunks: Uint8Array[] = []
  /** Index of the first chunk that still holds bytes, and where in it they begin. */
  #head = 0
  #offset = 0
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  /** Moves the next `count` bytes, which must be there, into `target` at `at`. */
  moveTo(target: Uint8Array, at: number, count: number): void {
    this.#bytes -= count
    while (count > 0) {
      const chunk = this.#chunks[this.#head] as Uint8Array
      const taken = Math.min(count, chunk.length - this.#offset)
      target.set(taken === chunk.length ? chunk : chunk.subarray(this.#offset, this.#offset + taken), at)
      at += taken
      count -= taken
      this.#offset += taken
      if (this.#offset === chunk.length) this.#dropHead()
    }
  }

  clear(): void {
    this.#chunks = []
    this.#head = 0
    this.#offset = 0
    this.#bytes = 0
  }

  #dropHead(): void {
    this.#chunks[this.#head] = none
    this.#head += 1
    this.#offset = 0
    if (this.#head === this.#chunks.length) {
      this.#chunks.length = 0
      this.#head = 0
    } else if (this.#head === compactAt) {
      this.#chunks = this.#chunks.slice(this.#head)
      this.#head = 0
    }
  }
}

const none = new Uint8Array(0)
const compactAt = 1024
