import { buildEndSessionUrl, ResponseBodyError, refreshTokenGrant } from 'openid-client'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Person } from '#shared/ipc/control.ts'
import { clockProblem, issuedReading, skewOf } from '../network/clock.ts'
import { signInOnOtherDevice } from './device-sign-in.ts'
import type { DpopKey } from './dpop-key.ts'
import { type KeptSignIn, SignInStore } from './kept-sign-in.ts'
import {
  bindsTokens,
  type Configuration,
  discoverProvider,
  keyOption,
  type Oidc,
  providerError,
  resourceParameter,
  revokeRefreshToken,
  withinMs,
} from './provider.ts'
import { signIn } from './sign-in.ts'
import type { SignInOptions } from './sign-in-request.ts'
import type { TokenStore } from './token-store.ts'
import { type Tokens, tokensOf } from './tokens.ts'

export interface AccessToken {
  readonly token: string
  /** Seconds since the epoch. */
  readonly expires: number
  /** That it is bound to; null for a bearer token. */
  readonly key: DpopKey | null
}

/** An access token with less than this left is renewed before it is used, in seconds. */
const spareSeconds = 30
/** What signing out waits for the provider at most. */
const signOutMs = 5000
/** Whose clock, in words. */
const providers = 'the provider’s'

/** A person's sign-in to one environment: the one place that holds its tokens. */
export class Credentials {
  readonly #environment: string
  readonly #store: SignInStore
  #tokens: Tokens | null = null
  #kept: KeptSignIn | null = null
  /** Of all sign-ins until someone signs out. */
  #key: DpopKey | null = null
  #refreshing: Promise<Tokens> | null = null
  #provider: {
    readonly of: Pick<Oidc, 'issuer' | 'clientId'>
    readonly configuration: Configuration
  } | null = null
  /** Counts sign-ins and sign-outs: what was asked for in an earlier one is not for this one. */
  #turn = 0

  /** @param account the name under which the store keeps it: the relay's address */
  constructor(o: { environment: string; account: string; store: TokenStore }) {
    this.#environment = o.environment
    this.#store = new SignInStore(o.store, o.account)
  }

  /** Reads what an earlier run kept. */
  async load(): Promise<void> {
    this.#kept = await this.#store.read()
    this.#key = await this.#store.readKey()
  }

  /** Reads what a store kept that did not answer until now, where nobody has signed in or out since. */
  async restore(): Promise<void> {
    const isUntouched = () => this.#turn === 0 && this.#kept === null
    if (!isUntouched()) return
    const [kept, key] = [await this.#store.read(), await this.#store.readKey()]
    if (!isUntouched()) return
    this.#kept = kept
    this.#key = key
  }

  get person(): Person | null {
    return this.#tokens?.person ?? this.#kept?.person ?? null
  }

  get signedIn(): boolean {
    return this.#kept !== null || (this.#tokens !== null && this.#tokens.expires > now())
  }

  /** When it ends whatever is done; null where it is renewed, or there is none. */
  get ends(): Date | null {
    if (this.#tokens === null || this.#tokens.refreshToken !== null) return null
    return new Date(this.#tokens.expires * 1000)
  }

  /**
   * @param same whether it is to be the person who is signed in
   * @throws as `signIn` in sign-in.ts or device-sign-in.ts, PROVIDER_UNREACHABLE, CLOCK_SKEW, DPOP_UNSUPPORTED
   */
  async signIn(
    oidc: Oidc,
    ca: string | null,
    o: Omit<SignInOptions, 'provider' | 'oidc' | 'key'> & {
      readonly device: boolean
      readonly same: boolean
    },
  ): Promise<void> {
    const provider = await discoverProvider(oidc, ca)
    this.#provider = { of: oidc, configuration: provider }
    const key = bindsTokens(provider, oidc) ? await this.#ownKey() : null
    const run = o.device ? signInOnOtherDevice : signIn
    const tokens = await run({ ...o, provider, oidc, key }).catch(async (error: JetwayError) => {
      if (error.code !== 'SIGN_IN_FAILED') throw error
      const issued = issuedReading(providers, error)
      throw (await this.#clockProblem(oidc, ca)) ?? skewOf(issued ? [issued] : []) ?? error
    })
    if (oidc.dpop === 'required' && tokens.key === null)
      throw new JetwayError('DPOP_UNSUPPORTED', { issuer: oidc.issuer })
    if (o.same && this.person !== null && this.person.subject !== tokens.person.subject) {
      if (tokens.refreshToken !== null) await revokeRefreshToken(provider, tokens.refreshToken)
      throw new JetwayError('SIGN_IN_FAILED', { reason: 'You signed in as another person than before.' })
    }
    this.#turn += 1
    this.#key = key ?? this.#key
    await this.#keep(oidc, tokens)
  }

  /** The relay takes nothing more that comes of this sign-in. */
  async ended(): Promise<void> {
    await this.#forget()
  }

  /**
   * An access token with some life left: the present one or, silently, a new one. However many ask at once, the
   * provider is asked once: a refresh token that rotates would be taken for stolen at its second use.
   *
   * @param unlike a token that will not do, because the relay refused it or it is to be followed by a new one
   * @throws SIGN_IN_REQUIRED, SIGN_IN_ENDED where there was a sign-in until now
   * @throws PROVIDER_UNREACHABLE (a retry can help), CLOCK_SKEW
   */
  async accessToken(oidc: Oidc, ca: string | null, unlike?: string): Promise<AccessToken> {
    const present = this.#tokens
    if (present && present.accessToken !== unlike && present.expires - spareSeconds > now()) {
      return presentable(present)
    }
    this.#refreshing ??= this.#refresh(oidc, ca).finally(() => {
      this.#refreshing = null
    })
    return presentable(await this.#refreshing)
  }

  /** Resolves when nothing is under way at the provider: an answer that nobody keeps would be a sign-in that is lost. */
  async settled(): Promise<void> {
    await this.#refreshing?.catch(() => {})
  }

  /**
   * Forgets everything here, and revokes the refresh token at the provider, where it can be reached: out is out.
   *
   * @returns where the person's browser ends the provider's own session too (OpenID Connect RP-Initiated Logout 1.0);
   *   null where that cannot be done
   */
  async signOut(ca: string | null): Promise<string | null> {
    const kept = this.#kept
    const idToken = this.#tokens?.idToken ?? (await this.#store.readIdToken())
    await this.#forget()
    this.#key = null
    await this.#store.deleteKey()
    if (kept === null) return null
    const leave = async () => {
      const provider = await this.#providerOf(kept, ca)
      await revokeRefreshToken(provider, kept.refreshToken)
      return endSessionUrl(provider, kept, idToken)
    }
    return withinMs(signOutMs, leave())
  }

  async #refresh(oidc: Oidc, ca: string | null): Promise<Tokens> {
    const [before, turn] = [this.#kept, this.#turn]
    if (before === null || !this.#fits(before, oidc))
      throw new JetwayError('SIGN_IN_REQUIRED', { environment: this.#environment })
    const provider = await this.#providerOf(oidc, ca)
    const tokens = await this.#renewed(provider, oidc, before).catch(async (cause: unknown) => {
      if (cause instanceof JetwayError) throw cause
      // 4xx: the provider has decided (RFC 6749 §5.2). Anything else may pass.
      if (!(cause instanceof ResponseBodyError) || cause.status >= 500 || cause.status === 429)
        throw providerError(oidc.issuer, cause)
      // A proof of a wrong time is refused like a token that is none, which it may not be.
      const clock = await this.#clockProblem(oidc, ca)
      if (clock) throw clock
      if (turn === this.#turn) await this.#forget()
      throw new JetwayError('SIGN_IN_ENDED', { environment: this.#environment }, { cause })
    })
    if (turn !== this.#turn) {
      // Signed out in the meantime; or in anew, and some providers would end that as well.
      if (this.#kept === null && tokens.refreshToken !== null)
        void revokeRefreshToken(provider, tokens.refreshToken)
      throw new JetwayError('SIGN_IN_REQUIRED', { environment: this.#environment })
    }
    await this.#keep(oidc, tokens)
    return tokens
  }

  #clockProblem({ issuer }: Oidc, ca: string | null): Promise<JetwayError | null> {
    return clockProblem([{ whose: providers, url: issuer }], ca)
  }

  async #providerOf(of: Pick<Oidc, 'issuer' | 'clientId'>, ca: string | null): Promise<Configuration> {
    const known = this.#provider
    if (known?.of.issuer === of.issuer && known.of.clientId === of.clientId) return known.configuration
    const configuration = await discoverProvider(of, ca)
    this.#provider = { of, configuration }
    return configuration
  }

  /** Whether what is kept of a sign-in is for this provider, bound to the key that is here, or to none where that will do. */
  #fits({ issuer, clientId, keyThumbprint }: KeptSignIn, oidc: Oidc): boolean {
    if (issuer !== oidc.issuer || clientId !== oidc.clientId) return false
    return keyThumbprint === null ? oidc.dpop !== 'required' : keyThumbprint === this.#key?.thumbprint
  }

  async #ownKey(): Promise<DpopKey> {
    this.#key ??= await this.#store.newKey()
    return this.#key
  }

  async #renewed(provider: Configuration, oidc: Oidc, before: KeptSignIn): Promise<Tokens> {
    const key = before.keyThumbprint === null ? null : this.#key
    const parameters = resourceParameter(oidc)
    const response = await refreshTokenGrant(
      provider,
      before.refreshToken,
      parameters,
      keyOption(provider, key),
    )
    return tokensOf(response, before, key)
  }

  async #keep({ issuer, clientId }: Oidc, tokens: Tokens): Promise<void> {
    const { refreshToken, idToken, person, key } = tokens
    this.#tokens = { ...tokens, idToken: idToken ?? this.#tokens?.idToken ?? null }
    if (refreshToken === null) {
      // Another sign-in's would renew this one.
      this.#kept = null
      await this.#store.clear()
      return
    }
    const keyThumbprint = key?.thumbprint ?? null
    this.#kept = { version: 2, issuer, clientId, refreshToken, keyThumbprint, person }
    try {
      await this.#store.write(this.#kept)
    } catch {
      // It lasts as long as this process. What is kept of before would be taken for stolen at its next use.
      await this.#store.clear().catch(() => {})
      return
    }
    if (idToken !== null) await this.#store.writeIdToken(idToken)
  }

  async #forget(): Promise<void> {
    this.#turn += 1
    this.#tokens = null
    this.#kept = null
    await this.#store.clear()
  }
}

function presentable({ accessToken, expires, key }: Tokens): AccessToken {
  return { token: accessToken, expires, key }
}

function endSessionUrl(provider: Configuration, kept: KeptSignIn, idToken: string | null): string | null {
  if (provider.serverMetadata().end_session_endpoint === undefined) return null
  const hint =
    idToken === null ? { logout_hint: kept.person.email ?? kept.person.subject } : { id_token_hint: idToken }
  return buildEndSessionUrl(provider, hint).href
}

function now(): number {
  return Date.now() / 1000
}
