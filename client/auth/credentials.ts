import { ResponseBodyError, refreshTokenGrant, tokenRevocation } from 'openid-client'
import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Person } from '#shared/ipc/control.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import { parseJson } from '#shared/parse-json.ts'
import { clockProblem, issuedReading, skewOf } from '../network/clock.ts'
import { type Configuration, discoverProvider, providerError, resourceParameter } from './provider.ts'
import { signIn } from './sign-in.ts'
import type { TokenStore } from './token-store.ts'
import { type Tokens, tokensOf } from './tokens.ts'

const kept = z.object({
  version: z.literal(1),
  refreshToken: z.string().min(1),
  person: z.object({ subject: z.string(), name: z.string(), email: z.string().nullable() }),
})

/** An access token with less than this left is renewed before it is used, in seconds. */
const spareSeconds = 30
const revokeTimeoutMs = 3000
/** Whose clock, in words. */
const providers = 'the provider’s'

/** A person's sign-in to one environment: the one place that holds its tokens. */
export class Credentials {
  readonly #environment: string
  readonly #account: string
  readonly #store: TokenStore
  #tokens: Tokens | null = null
  #kept: z.infer<typeof kept> | null = null
  #refreshing: Promise<Tokens> | null = null
  #provider: Configuration | null = null

  /** @param account the name under which the store keeps it: the relay's address */
  constructor(o: { environment: string; account: string; store: TokenStore }) {
    this.#environment = o.environment
    this.#account = o.account
    this.#store = o.store
  }

  /** Reads what an earlier run kept; anything that is not readable counts as not signed in. */
  async load(): Promise<void> {
    const text = await this.#store.get(this.#account)
    const parsed = kept.safeParse(parseJson(text))
    this.#kept = parsed.success ? parsed.data : null
  }

  get person(): Person | null {
    return this.#tokens?.person ?? this.#kept?.person ?? null
  }

  get signedIn(): boolean {
    return this.#kept !== null || (this.#tokens !== null && this.#tokens.expires > now())
  }

  /** @throws as `signIn` in sign-in.ts, and PROVIDER_UNREACHABLE, CLOCK_SKEW */
  async signIn(
    oidc: DiscoveryDocument['oidc'],
    ca: string | null,
    o: { browse: (url: string) => void; signal: AbortSignal },
  ): Promise<void> {
    this.#provider = await discoverProvider(oidc, ca)
    const tokens = await signIn({ provider: this.#provider, oidc, ...o }).catch(
      async (error: JetwayError) => {
        if (error.code !== 'SIGN_IN_FAILED') throw error
        const issued = issuedReading(providers, error)
        throw (await this.#clockProblem(oidc, ca)) ?? skewOf(issued ? [issued] : []) ?? error
      },
    )
    await this.#keep(tokens)
  }

  /**
   * An access token with some life left: the present one or, silently, a new one. However many ask at once, the
   * provider is asked once: a refresh token that rotates would be taken for stolen at its second use.
   *
   * @param unlike a token that will not do, because the relay refused it or it is to be followed by a new one
   * @throws SIGN_IN_REQUIRED, PROVIDER_UNREACHABLE (a retry can help), CLOCK_SKEW
   */
  async accessToken(
    oidc: DiscoveryDocument['oidc'],
    ca: string | null,
    unlike?: string,
  ): Promise<{ token: string; expires: number }> {
    const present = this.#tokens
    if (present && present.accessToken !== unlike && present.expires - spareSeconds > now()) {
      return { token: present.accessToken, expires: present.expires }
    }
    this.#refreshing ??= this.#refresh(oidc, ca).finally(() => {
      this.#refreshing = null
    })
    const { accessToken, expires } = await this.#refreshing
    return { token: accessToken, expires }
  }

  /** Forgets everything here, and tells the provider so where that can be done. */
  async signOut(): Promise<void> {
    const refreshToken = this.#kept?.refreshToken
    const provider = this.#provider
    await this.#forget()
    if (refreshToken === undefined || provider?.serverMetadata().revocation_endpoint === undefined) return
    // Out is out, also while the provider cannot be reached.
    const revoked = tokenRevocation(provider, refreshToken, { token_type_hint: 'refresh_token' }).catch(
      () => {},
    )
    await Promise.race([revoked, new Promise((resolve) => setTimeout(resolve, revokeTimeoutMs).unref())])
  }

  async #refresh(oidc: DiscoveryDocument['oidc'], ca: string | null): Promise<Tokens> {
    const before = this.#kept
    if (before === null) throw new JetwayError('SIGN_IN_REQUIRED', { environment: this.#environment })
    this.#provider ??= await discoverProvider(oidc, ca)
    try {
      const response = await refreshTokenGrant(this.#provider, before.refreshToken, resourceParameter(oidc))
      const tokens = tokensOf(response, before)
      await this.#keep(tokens)
      return tokens
    } catch (cause) {
      if (cause instanceof JetwayError) throw cause
      // 4xx: the provider has decided (RFC 6749 §5.2). Anything else may pass.
      if (cause instanceof ResponseBodyError && cause.status < 500 && cause.status !== 429) {
        // A proof of a wrong time is refused like a token that is none, which it may not be.
        const clock = await this.#clockProblem(oidc, ca)
        if (clock) throw clock
        await this.#forget()
        throw new JetwayError('SIGN_IN_REQUIRED', { environment: this.#environment }, { cause })
      }
      throw providerError(oidc.issuer, cause)
    }
  }

  #clockProblem({ issuer }: DiscoveryDocument['oidc'], ca: string | null): Promise<JetwayError | null> {
    return clockProblem([{ whose: providers, url: issuer }], ca)
  }

  async #keep(tokens: Tokens): Promise<void> {
    this.#tokens = tokens
    if (tokens.refreshToken === null) return
    this.#kept = { version: 1, refreshToken: tokens.refreshToken, person: tokens.person }
    await this.#store.set(this.#account, JSON.stringify(this.#kept))
  }

  async #forget(): Promise<void> {
    this.#tokens = null
    this.#kept = null
    await this.#store.delete(this.#account)
  }
}

function now(): number {
  return Date.now() / 1000
}
