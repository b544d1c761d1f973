import { readU32, writeU32 } from './wire.ts'

/** Ask after so much silence. */
const idleMs = 10_000
/** Give up after at least so much silence since asking. */
const minimumPatienceMs = 10_000

/**
 * Whether the peer is still there. Any byte of it counts; only after silence it is asked, so that a PING that
 * waits behind data is never read as death.
 */
export class Liveness {
  #heardAt: number
  #pingSentAt: number | null = null
  #pingId = 0
  #roundTripMs: number | null = null

  constructor(now: number) {
    this.#heardAt = now
  }

  get roundTripMs(): number | null {
    return this.#roundTripMs
  }

  heard(now: number): void {
    this.#heardAt = now
  }

  check(now: number): 'fine' | 'ping' | 'dead' {
    const silentMs = now - this.#heardAt
    if (silentMs < idleMs) return 'fine'
    if (this.#pingSentAt === null || this.#pingSentAt < this.#heardAt) {
      this.#pingSentAt = now
      return 'ping'
    }
    return now - this.#pingSentAt >= Math.max(minimumPatienceMs, 4 * (this.#roundTripMs ?? 0))
      ? 'dead'
      : 'fine'
  }

  pingPayload(): Uint8Array {
    const payload = new Uint8Array(8)
    this.#pingId += 1
    writeU32(payload, 4, this.#pingId)
    return payload
  }

  /** A PONG that answers no PING of ours tells nothing. */
  pong(payload: Uint8Array, now: number): void {
    if (this.#pingSentAt === null || readU32(payload, 4) !== this.#pingId) return
    const sample = now - this.#pingSentAt
    this.#roundTripMs = this.#roundTripMs === null ? sample : this.#roundTripMs * 0.875 + sample * 0.125
    this.#pingSentAt = null
  }
}
