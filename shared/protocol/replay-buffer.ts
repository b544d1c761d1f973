import { ackBytes, messageFlag, messageHeaderBytes, readU64 } from './wire.ts'

/**
 * FRAMES messages that were sent and are not acknowledged: what a new carrier has to bring again. A message stays
 * until its acknowledgement, however many carriers break in the meantime.
 */
export class ReplayBuffer {
  readonly #release: (message: Uint8Array) => void
  #messages: (Uint8Array | null)[] = []
  /** The oldest that is kept, and the next to be sent again (the length, when all were). */
  #head = 0
  #cursor = 0
  /** Offsets in the session: up to here everything was acknowledged, and sent. */
  #acknowledged = 0
  #sent = 0

  /** @param release takes a message that nobody needs any more */
  constructor(release: (message: Uint8Array) => void) {
    this.#release = release
  }

  /** Bytes of frames that are not acknowledged. */
  get bytes(): number {
    return this.#sent - this.#acknowledged
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  /** A message that was sent for the first time. */
  push(message: Uint8Array): void {
    this.#messages.push(message)
    this.#cursor = this.#messages.length
    this.#sent = endOf(message)
  }

  /**
   * The peer has everything up to `offset`.
   *
   * @returns false when `offset` is not the end of a message that was sent; one from before is old news
   */
  acknowledge(offset: number): boolean {
    if (offset > this.#sent) return false
    while (this.#head < this.#messages.length) {
      const message = this.#messages[this.#head] as Uint8Array
      const end = endOf(message)
      if (end > offset) break
      this.#messages[this.#head] = null
      this.#head += 1
      this.#acknowledged = end
      this.#release(message)
    }
    this.#cursor = Math.max(this.#cursor, this.#head)
    if (this.#head === this.#messages.length || this.#head > compactAt) this.#compact()
    return offset <= this.#acknowledged
  }

  /** From the oldest message on everything is to be sent again. */
  rewind(): void {
    this.#cursor = this.#head
  }

  /** The next message to be sent again; null when there is none. */
  next(): Uint8Array | null {
    if (this.#cursor === this.#messages.length) return null
    const message = this.#messages[this.#cursor] as Uint8Array
    this.#cursor += 1
    return message
  }

  clear(): void {
    this.#messages = []
    this.#head = 0
    this.#cursor = 0
    this.#acknowledged = this.#sent
  }

  #compact(): void {
    this.#messages = this.#messages.slice(this.#head)
    this.#cursor -= this.#head
    this.#head = 0
  }
}

const compactAt = 1024

function endOf(message: Uint8Array): number {
  const hasAck = ((message[1] as number) & messageFlag.ACK) !== 0
  // A message of our own: its offset is a safe integer
  const seq = readU64(message, 4) as number
  return seq + message.length - messageHeaderBytes - (hasAck ? ackBytes : 0)
}
