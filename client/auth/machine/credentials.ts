import type { Person } from '#shared/ipc/control.ts'
import { DpopKey } from '../dpop-key.ts'
import { type MachineIdentity, tokenOf } from './machine-identity.ts'
import { type MachineToken, noToken } from './machine-token.ts'

/** A token with less than this left is replaced before it is used, in seconds. */
const spareSeconds = 30

/** A machine's sign-in to one environment. Nothing of it is kept: who it is is asked for anew whenever a token is needed. */
export class MachineCredentials {
  readonly #identity: MachineIdentity
  readonly #relayUrl: string
  #token: MachineToken | null = null
  #asking: Promise<MachineToken> | null = null
  /** Of all tokens of this process: those of one session have to be bound to the same. */
  #key: DpopKey | null = null

  constructor(o: { identity: MachineIdentity; relayUrl: string }) {
    this.#identity = o.identity
    this.#relayUrl = o.relayUrl
  }

  /** Whom the last token names; null before the first. */
  get person(): Person | null {
    return this.#token?.person ?? null
  }

  /**
   * A token with some life left. However many ask at once, the platform is asked once.
   *
   * @param unlike a token that will not do
   * @throws as `tokenOf`, and MACHINE_TOKEN_MISSING while there is no other than `unlike` (a retry can help)
   */
  async accessToken(
    _offered: unknown,
    ca: string | null,
    unlike?: string,
  ): Promise<{ token: string; expires: number; key: DpopKey | null }> {
    const present = this.#token
    if (present === null || present.accessToken === unlike || present.expires - spareSeconds <= now()) {
      this.#asking ??= this.#ask(ca).finally(() => {
        this.#asking = null
      })
      this.#token = await this.#asking
    }
    const { accessToken: token, expires, key } = this.#token as MachineToken
    if (token === unlike) throw noToken('The one that there is was refused, or is about to end.')
    return { token, expires, key }
  }

  #ask(ca: string | null): Promise<MachineToken> {
    const ownKey = async () => {
      this.#key ??= await DpopKey.ofProcess()
      return this.#key
    }
    return tokenOf(this.#identity, { relayUrl: this.#relayUrl, ca, ownKey })
  }
}

function now(): number {
  return Date.now() / 1000
}
