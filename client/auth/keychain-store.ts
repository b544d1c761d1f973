import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import type { TokenStoreKind } from '#shared/ipc/control.ts'
import type { TokenStore } from './token-store.ts'

/** What a system has for secrets. All but `check` may fail while it is locked, or find nothing. */
export type Keychain = Pick<TokenStore, 'get' | 'set' | 'delete' | 'check'>

/** A keychain, and memory for as long as it does not answer: because it is locked, mostly. */
export class KeychainStore implements TokenStore {
  readonly #keychain: Keychain
  #problem: JetwayError | null
  /** By account, what was kept since it does not answer; null for what was deleted. */
  readonly #since = new Map<string, string | null>()
  #recovering: Promise<boolean> | null = null
  /** While the keychain takes over nothing is read or written. */
  #moving: Promise<void> | null = null

  /** @param problem NO_KEYCHAIN, where it does not answer; null where it does */
  constructor(keychain: Keychain, problem: JetwayError | null) {
    this.#keychain = keychain
    this.#problem = problem
  }

  get kind(): TokenStoreKind {
    return this.#problem ? 'memory' : 'keychain'
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
    if (await this.#does(() => this.#keychain.set(account, secret))) return
    this.#since.set(account, secret)
  }

  async delete(account: string): Promise<void> {
    await this.#moving
    if (await this.#does(() => this.#keychain.delete(account))) return
    this.#since.set(account, null)
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

  /** @returns whether it is done: not where the keychain does not answer @throws where it answers, and does not do it */
  async #does(act: () => Promise<void>): Promise<boolean> {
    if (this.#problem) return false
    try {
      await act()
      return true
    } catch (error) {
      try {
        await this.#keychain.check()
      } catch (problem) {
        this.#problem = asJetwayError(problem)
        return false
      }
      throw error
    }
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
