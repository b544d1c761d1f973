/** Room in front of each message, for the header that a carrier puts before it without copying the message. */
export const headroomBytes = 16

/**
 * Full messages are as long as one TLS record takes (RFC 8446 §5.1: 2^14 bytes), the carrier's header
 * included: so a record holds one message, and the receiver gets it in one piece. Measured: 1.3 times the
 * throughput of 64 KiB messages.
 */
const recordBytes = 16_384
const maxCarrierHeaderBytes = 8
export const longMessageBytes = recordBytes - maxCarrierHeaderBytes
/**
 * Over a distance they are half as long: the first one on a new carrier then is in what TCP sends at once (ten segments,
 * RFC 6928), and does not take one round trip more. It is the one that is sent again, long after it was made.
 */
export const shortMessageBytes = recordBytes / 2 - maxCarrierHeaderBytes

/** Below this, fresh memory costs less than a slab that is kept. */
const smallBytes = 4096
const maxFreeSlabs = 1024

/**
 * Memory for messages, used again once a message was acknowledged: fresh memory for each made the garbage collector
 * take two fifths of the time of a download. One for all sessions of a process.
 */
export class MessageMemory {
  readonly #allocate: (bytes: number) => Uint8Array
  readonly #free = { short: [] as Uint8Array[], long: [] as Uint8Array[] }

  /** @param allocate for small messages, where a host has memory that need not be zeroed */
  constructor(allocate: (bytes: number) => Uint8Array = (bytes) => new Uint8Array(bytes)) {
    this.#allocate = allocate
  }

  take(bytes: number): Uint8Array {
    if (bytes < smallBytes) return this.#allocate(headroomBytes + bytes).subarray(headroomBytes)
    const [free, messageBytes] =
      bytes <= shortMessageBytes ? [this.#free.short, shortMessageBytes] : [this.#free.long, longMessageBytes]
    // Memory of its own: what a host allocates may be a part of something larger, as Node's pool of 64 KiB.
    const slab = free.pop() ?? new Uint8Array(headroomBytes + messageBytes)
    return slab.subarray(headroomBytes, headroomBytes + bytes)
  }

  /** Nobody looks at `message` any more. One that was not given by {@link take} is left alone. */
  release(message: Uint8Array): void {
    if (message.length < smallBytes || message.byteOffset !== headroomBytes) return
    const slab = new Uint8Array(message.buffer)
    const free = slab.length === headroomBytes + shortMessageBytes ? this.#free.short : this.#free.long
    if (free.length < maxFreeSlabs) free.push(slab)
  }
}
