import { encodeMessage } from './message.ts'
import { messageType, readU32, writeU32 } from './wire.ts'

/** Ask after so much silence; sooner when an answer is expected. */
const idleMs = 5000
const expectingMs = 1000
/** After so much silence since asking another carrier is worth a try, and after so much this one is dead. */
const suspectMs = 1000
const deadMs = 5000

/** `ping`: ask now. `suspect`: look for another carrier. `dead`: give this one up. */
export type Verdict = 'fine' | 'ping' | 'suspect' | 'dead'

/**
 * Whether a session's carrier still brings anything. Any message counts, and only after silence is it asked: what flows
 * is acknowledged within moments, so a PING that waits behind data is never read as death.
 */
export class Liveness {
  #heardAt: number
  #askedAt: number | null = null
  #pingId = 0
  #askedId = 0
  /** A PING that only measures, and when it left. */
  #measuring: { readonly id: number; readonly at: number } | null = null
  #roundTripMs: number | null = null
  /** Frames came since the peer was asked last: when they stop, that is worth a question. */
  #flowed = false

  constructor(now: number) {
    this.#heardAt = now
  }

  /** Smoothed; null before the first PONG of the carrier. */
  get roundTripMs(): number | null {
    return this.#roundTripMs
  }

  /** Another carrier: of this one nothing is known yet. */
  restart(now: number): void {
    this.#heardAt = now
    this.#askedAt = null
    this.#pingId = 0
    this.#measuring = null
    this.#roundTripMs = null
  }

  /** A message came. */
  heard(now: number): void {
    this.#heardAt = now
  }

  /** It brought frames. */
  flowed(): void {
    this.#flowed = true
  }

  /**
   * To be called about once a second.
   *
   * @param owed whether the peer owes an acknowledgement
   */
  check(now: number, owed: boolean): Verdict {
    if (this.#askedAt !== null && this.#askedAt < this.#heardAt) this.#askedAt = null
    if (this.#askedAt === null) {
      if (now - this.#heardAt < (owed || this.#flowed ? expectingMs : idleMs)) return 'fine'
      this.#flowed = false
      return 'ping'
    }
    const silentMs = now - this.#askedAt
    const patienceMs = 4 * (this.#roundTripMs ?? 0)
    if (silentMs >= Math.max(deadMs, patienceMs)) return 'dead'
    return silentMs >= Math.max(suspectMs, patienceMs) ? 'suspect' : 'fine'
  }

  /** @returns the PING that leaves now */
  ask(now: number): Uint8Array {
    this.#askedAt = now
    this.#askedId = this.#nextId()
    return pingOf(this.#askedId)
  }

  /** @returns a PING that leaves now and only measures: silence after it says nothing. Null while one is under way */
  measure(now: number): Uint8Array | null {
    if (this.#measuring !== null) return null
    this.#measuring = { id: this.#nextId(), at: now }
    return pingOf(this.#measuring.id)
  }

  /** A PONG that answers no PING of ours tells nothing. */
  pong(payload: Uint8Array, now: number): void {
    const id = readU32(payload, 4)
    if (this.#measuring?.id === id) {
      this.#sampled(now - this.#measuring.at)
      this.#measuring = null
    } else if (this.#askedAt !== null && id === this.#askedId) {
      this.#sampled(now - this.#askedAt)
      this.#askedAt = null
    }
  }

  #nextId(): number {
    this.#pingId += 1
    return this.#pingId
  }

  #sampled(ms: number): void {
    this.#roundTripMs = this.#roundTripMs === null ? ms : this.#roundTripMs * 0.875 + ms * 0.125
  }
}

function pingOf(id: number): Uint8Array {
  const payload = new Uint8Array(8)
  writeU32(payload, 4, id)
  return encodeMessage(messageType.PING, 0, payload)
}
