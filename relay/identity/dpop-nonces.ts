import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const timeBytes = 6
const macBytes = 16

/**
 * Nonces for proofs (RFC 9449 §8, §9): a time and a MAC over it, so that none has to be remembered. Nobody else makes
 * them, and none outlives the key, which is made anew with each object.
 */
export class DpopNonces {
  readonly #key = randomBytes(32)
  readonly #lifetimeMs: number
  readonly #now: () => number

  /** @param now milliseconds since the epoch */
  constructor(lifetimeSeconds: number, now: () => number) {
    this.#lifetimeMs = lifetimeSeconds * 1000
    this.#now = now
  }

  create(): string {
    const time = Buffer.alloc(timeBytes)
    time.writeUIntBE(this.#now(), 0, timeBytes)
    return Buffer.concat([time, this.#mac(time)]).toString('base64url')
  }

  /** How much of its life is over, from 0 up to 1; null where it is not good (any more). */
  ageOf(nonce: string): number | null {
    const bytes = Buffer.from(nonce, 'base64url')
    if (bytes.length !== timeBytes + macBytes) return null
    const time = bytes.subarray(0, timeBytes)
    if (!timingSafeEqual(bytes.subarray(timeBytes), this.#mac(time))) return null
    const age = (this.#now() - time.readUIntBE(0, timeBytes)) / this.#lifetimeMs
    return age >= 0 && age < 1 ? age : null
  }

  #mac(time: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(time).digest().subarray(0, macBytes)
  }
}
