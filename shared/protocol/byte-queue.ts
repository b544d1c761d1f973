import { Ring } from './ring.ts'

/** Bytes in order, kept in the chunks they came in; taken out at any length. */
export class ByteQueue {
  readonly #chunks = new Ring<Uint8Array>()
  /** Where in the first chunk the bytes begin. */
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
      const chunk = this.#chunks.peek()
      const taken = Math.min(count, chunk.length - this.#offset)
      target.set(taken === chunk.length ? chunk : chunk.subarray(this.#offset, this.#offset + taken), at)
      at += taken
      count -= taken
      this.#offset += taken
      if (this.#offset === chunk.length) {
        this.#chunks.shift()
        this.#offset = 0
      }
    }
  }

  clear(): void {
    this.#chunks.clear()
    this.#offset = 0
    this.#bytes = 0
  }
}
