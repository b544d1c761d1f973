import { readU32, writeU32 } from './wire.ts'

/** Ask after so much silence; sooner when an answer is expected. */
const idleMs = 5000
const expectingMs = 1000
/** After so much silence since asking another carrier is worth a try, and after so much this one is dead. */
const suspectMs = 1000
const deadMs = 5000

/** `ping`: ask now. `suspect`: look for another carrier. `dead`: give this one up. */
export type Verdict = 'fine' | 'ping' | 'suspect' | 'dead'

/**
 * Whether a carrier still brings anything. Any byte counts, and only after silence is it asked: what flows is
 * acknowledged within moments, so a PING that waits behind data is never read as death.
 */
export class Liveness {
  #heardAt: number
  #askedAt: number | null = null
  #pingId = 0
  #roundTripMs: number | null = null

  constructor(now: number) {
    this.#heardAt = now
  }

  /** Smoothed; null before the first PONG. */
  get roundTripMs(): number | null {
    return this.#roundTripMs
  }

  heard(now: number): void {
    this.#heardAt = now
  }

  /** @param expecting whether the peer owes an answer, an acknowledgement for example */
  check(now: number, expecting: boolean): Verdict {
    if (this.#askedAt !== null && this.#askedAt < this.#heardAt) this.#askedAt = null
    if (this.#askedAt === null) {
      if (now - this.#heardAt < (expecting ? expectingMs : idleMs)) return 'fine'
      this.ask(now)
      return 'ping'
    }
    const silentMs = now - this.#askedAt
    const patienceMs = 4 * (this.#roundTripMs ?? 0)
    if (silentMs >= Math.max(deadMs, patienceMs)) return 'dead'
    return silentMs >= Math.max(suspectMs, patienceMs) ? 'suspect' : 'fine'
  }

  /** A PING leaves now. */
  ask(now: number): void {
    this.#askedAt = now
    this.#pingId += 1
  }

  pingPayload(): Uint8Array {
    const payload = new Uint8Array(8)
    writeU32(payload, 4, this.#pingId)
    return payload
  }

  /** A PONG that answers no PING of ours tells nothing. */
  pong(payload: Uint8Array, now: number): void {
    if (this.#askedAt === null || readU32(payload, 4) !== this.#pingId) return
    const sample = now - this.#askedAt
    this.#roundTripMs = this.#roundTripMs === null ? sample : this.#roundTripMs * 0.875 + sample * 0.125
    this.#askedAt = null
  }
}
