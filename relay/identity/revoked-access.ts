import { JetwayError } from '#shared/errors/jetway-error.ts'
import { type Revocation, signInName } from '../state/revocation.ts'
import type { State } from '../state/state.ts'
import type { Principal } from './principal.ts'

/**
 * Whose access has been taken away, kept at hand: every request is held against it. A store that cannot be read leaves
 * what is known in force.
 */
export class RevokedAccess {
  readonly #state: State
  readonly #onError: (error: unknown) => void
  /** By what each of them names. */
  #byName: ReadonlyMap<string, readonly Revocation[]> = new Map()
  #listener: () => void = () => {}
  #stopWatching: () => void = () => {}

  private constructor(state: State, onError: (error: unknown) => void) {
    this.#state = state
    this.#onError = onError
  }

  /** @throws STATE_UNAVAILABLE */
  static async load(state: State, onError: (error: unknown) => void): Promise<RevokedAccess> {
    const revoked = new RevokedAccess(state, onError)
    revoked.#stopWatching = state.watch(() => void revoked.refresh().catch(onError))
    await revoked.refresh()
    return revoked
  }

  /** Called when more, or less, has been taken away, in the same turn in which it begins to count. */
  set listener(listener: () => void) {
    this.#listener = listener
  }

  /**
   * Refuses those whose access was taken away.
   *
   * @param session the relay's session in which they act; null for none
   * @throws ACCESS_REVOKED for who is shut out, SESSION_ENDED for who has to sign in again
   */
  check(principal: Principal, session: string | null = null): void {
    if (this.#byName.size === 0) return
    for (const name of namesOf(principal, session)) {
      for (const revocation of this.#byName.get(name) ?? []) {
        if (!concerns(revocation, principal)) continue
        const code = revocation.effect === 'revoked' ? 'ACCESS_REVOKED' : 'SESSION_ENDED'
        throw new JetwayError(code, {}, { cause: new Error(revocation.reason) })
      }
    }
  }

  /** Takes access away, here at once. @throws STATE_UNAVAILABLE */
  async add(revocation: Omit<Revocation, 'id'>): Promise<void> {
    await this.#state.revocations.add(revocation)
    await this.refresh()
  }

  /** Reads anew what is known, as is done by itself soon after another process has changed it. @throws STATE_UNAVAILABLE */
  async refresh(): Promise<void> {
    const byName = new Map<string, Revocation[]>()
    for (const revocation of await this.#state.revocations.active(now())) {
      const name = nameOf(revocation)
      const others = byName.get(name) ?? []
      // Who is shut out is told that, and not to sign in again.
      if (revocation.effect === 'revoked') others.unshift(revocation)
      else others.push(revocation)
      byName.set(name, others)
    }
    this.#byName = byName
    try {
      this.#listener()
    } catch (error) {
      this.#onError(error)
    }
  }

  close(): void {
    this.#stopWatching()
  }
}

function nameOf({ kind, who }: Revocation): string {
  return `${kind} ${kind === 'person' ? who.toLowerCase() : who}`
}

/** All by which a revocation could mean someone. */
function* namesOf({ name, email, subject, authTime, authentication }: Principal, session: string | null) {
  yield 'everyone *'
  for (const own of [name, email, subject]) if (own !== null) yield `person ${own.toLowerCase()}`
  if (authTime !== null) yield `sign-in ${signInName(subject, authTime)}`
  const { tokenId, sessionId } = authentication
  for (const own of [session, sessionId]) if (own !== null) yield `session ${own}`
  if (tokenId !== null) yield `token ${tokenId}`
}

function concerns({ kind, issuer, effect, at, until }: Revocation, principal: Principal): boolean {
  if (until !== null && until <= now()) return false
  if (issuer !== null && issuer !== principal.issuer) return false
  // A session, a token and one sign-in are over as such; of people, what they signed in to before.
  const isOfPeople = kind === 'person' || kind === 'everyone'
  return effect === 'revoked' || !isOfPeople || signedInAt(principal) <= at
}

/**
 * Where the provider does not say when someone signed in, by when the token was issued: then one that was renewed cannot
 * be told from one of a new sign-in.
 */
function signedInAt({ authTime, authentication }: Principal): number {
  return authTime ?? authentication.issuedAt ?? 0
}

const now = () => Math.floor(Date.now() / 1000)
