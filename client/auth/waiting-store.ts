import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { TokenStoreKind } from '#shared/ipc/control.ts'
import type { TokenStore } from './token-store.ts'

/** Keeps in memory what a keychain that does not answer is to keep, until it does. */
export class WaitingStore implements TokenStore {
  readonly #keychain: TokenStore
  #problem: JetwayError | null
  /** By account, what was kept since; null for what was deleted. */
  readonly #since = new Map<string, string | null>()
  #recovering: Promise<boolean> | null = null
  /** While the keychain takes over nothing is read or written. */
  #moving: Promise<void> | null = null

  /** @param problem NO_KEYCHAIN, why it does not answer */
  constructor(keychain: TokenStore, problem: JetwayError) {
    this.#keychain = keychain
    this.#problem = problem
  }

  get kind(): TokenStoreKind {
    return this.#problem ? 'memory' : this.#keychain.kind
  }

  get problem(): JetwayError | null {
    return this.#problem
  }

  async get(account: string): Promise<string | null> {
    await this.#moving
    return this.#problem ? (this.#since.get(account) ?? null) : this.#keychain.get(account)
  }

  async set(account: string, secret: string): Promise<void> {
    await this.#moving
    if (this.#problem) this.#since.set(account, secret)
    else await this.#keychain.set(account, secret)
  }

  async delete(account: string): Promise<void> {
    await this.#moving
    if (this.#problem) this.#since.set(account, null)
    else await this.#keychain.delete(account)
  }

  check(): Promise<void> {
    return this.#keychain.check()
  }

  recover(): Promise<boolean> {
    this.#recovering ??= this.#recover().finally(() => {
      this.#recovering = null
    })
    return this.#recovering
  }

  async #recover(): Promise<boolean> {
    if (this.#problem === null) return false
    try {
      await this.#keychain.check()
      const moved = this.#move()
      this.#moving = moved.catch(() => {})
      await moved
      return true
    } catch (error) {
      if (error instanceof JetwayError) this.#problem = error
      return false
    } finally {
      this.#moving = null
    }
  }

  /** What was decided since counts, what the keychain has beside that is there again. */
  async #move(): Promise<void> {
    for (const [account, secret] of this.#since) {
      if (secret === null) await this.#keychain.delete(account)
      else await this.#keychain.set(account, secret)
    }
    this.#since.clear()
    this.#problem = null
  }
}
