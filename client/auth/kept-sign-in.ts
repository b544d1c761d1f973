import { z } from 'zod'
import { parseJson } from '#shared/parse-json.ts'
import { DpopKey, type PrivateJwk } from './dpop-key.ts'
import type { TokenStore } from './token-store.ts'

const keptSignIn = z.object({
  version: z.literal(2),
  /** Whose it is: a refresh token goes to the provider that gave it, whatever a relay names today. */
  issuer: z.string().min(1),
  clientId: z.string().min(1),
  refreshToken: z.string().min(1),
  /** Of the key that the tokens are bound to; null for none. */
  keyThumbprint: z.string().nullable().default(null),
  person: z.object({ subject: z.string(), name: z.string(), email: z.string().nullable() }),
})

/** What is left of a sign-in between two runs. */
export type KeptSignIn = z.infer<typeof keptSignIn>

/** Where one environment's sign-in is kept. */
export class SignInStore {
  readonly #store: TokenStore
  readonly #account: string
  /** A key that is kept with the first sign-in that is bound to it. */
  #newKey: { readonly thumbprint: string; readonly jwk: PrivateJwk } | null = null

  /** @param account the name under which the store keeps it: the relay's address */
  constructor(store: TokenStore, account: string) {
    this.#store = store
    this.#account = account
  }

  /** Null where there is none; what cannot be read counts as none. */
  async read(): Promise<KeptSignIn | null> {
    const parsed = keptSignIn.safeParse(parseJson(await this.#store.get(this.#account)))
    return parsed.success ? parsed.data : null
  }

  async write(kept: KeptSignIn): Promise<void> {
    const key = this.#newKey
    if (key !== null && key.thumbprint === kept.keyThumbprint) {
      await this.#store.set(this.#keyAccount, JSON.stringify(key.jwk))
      this.#newKey = null
    }
    await this.#store.set(this.#account, JSON.stringify(kept))
  }

  /** Has a place of its own: the Credential Manager of Windows takes 2560 bytes each. Can be done without. */
  async writeIdToken(idToken: string): Promise<void> {
    await this.#store.set(this.#idTokenAccount, idToken).catch(() => {})
  }

  async readIdToken(): Promise<string | null> {
    return this.#store.get(this.#idTokenAccount).catch(() => null)
  }

  /** The key that is kept; null for none. */
  async readKey(): Promise<DpopKey | null> {
    return DpopKey.from(parseJson(await this.#store.get(this.#keyAccount)))
  }

  /** A new one, which is kept in place of the one before as soon as a sign-in that is bound to it is. */
  async newKey(): Promise<DpopKey> {
    const jwk = await DpopKey.generate()
    const key = (await DpopKey.from(jwk)) as DpopKey
    this.#newKey = { thumbprint: key.thumbprint, jwk }
    return key
  }

  async deleteKey(): Promise<void> {
    this.#newKey = null
    await this.#store.delete(this.#keyAccount)
  }

  async clear(): Promise<void> {
    await this.#store.delete(this.#account)
    await this.#store.delete(this.#idTokenAccount)
  }

  get #keyAccount(): string {
    return `${this.#account}#dpop-key`
  }

  get #idTokenAccount(): string {
    return `${this.#account}#id-token`
  }
}
