import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Revocation, State } from '../state/state.ts'
import type { Principal } from './principal.ts'

/**
 * Whose access has been taken away, kept at hand: every request is held against it. A store that cannot be read leaves
 * what is known in force.
 */
export class RevokedAccess {
  readonly #state: State
  readonly #onError: (error: unknown) => void
  #byName = new Map<string, Revocation>()
  #listener: () => void = () => {}
  #stopWatching: () => void = () => {}

  private constructor(state: State, onError: (error: unknown) => void) {
    this.#state = state
    this.#onError = onError
  }

  /** @throws STATE_UNAVAILABLE */
  static async load(state: State, onError: (error: unknown) => void): Promise<RevokedAccess> {
    const revoked = new RevokedAccess(state, onError)
    revoked.#stopWatching = state.watch(() => void revoked.#refresh().catch(onError))
    await revoked.#refresh()
    return revoked
  }

  /** Called when more has been taken away. */
  set listener(listener: () => void) {
    this.#listener = listener
  }

  /** @throws ACCESS_REVOKED */
  check({ name, email, subject, authentication: { sessionId } }: Principal): void {
    if (this.#byName.size === 0) return
    for (const own of [name, email, subject, sessionId]) {
      const revocation = own === null ? undefined : this.#byName.get(own.toLowerCase())
      if (revocation && (revocation.until === null || revocation.until > now())) {
        throw new JetwayError('ACCESS_REVOKED', {}, { cause: new Error(revocation.reason) })
      }
    }
  }

  /** Takes access away, here at once. @throws STATE_UNAVAILABLE */
  async add(revocation: Omit<Revocation, 'id'>): Promise<void> {
    await this.#state.revocations.add(revocation)
    await this.#refresh()
  }

  close(): void {
    this.#stopWatching()
  }

  async #refresh(): Promise<void> {
    const byName = new Map<string, Revocation>()
    for (const revocation of await this.#state.revocations.active(now())) {
      const who = revocation.who.toLowerCase()
      const other = byName.get(who)
      // Of several, the one that lasts longest.
      if (!other || lastsLonger(revocation, other)) byName.set(who, revocation)
    }
    this.#byName = byName
    try {
      this.#listener()
    } catch (error) {
      this.#onError(error)
    }
  }
}

function lastsLonger(a: Revocation, b: Revocation): boolean {
  return b.until !== null && (a.until === null || a.until > b.until)
}

const now = () => Math.floor(Date.now() / 1000)
