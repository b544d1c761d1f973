import { decodeJwt } from 'jose'
import type { IdentityConfig } from '#shared/config/identity/identity.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Authenticator, Credentials } from './authenticator.ts'
import { createOidcAuthenticator } from './oidc.ts'
import type { Principal } from './principal.ts'

/** All who may say who someone is: a configuration's authenticators, as one. */
export class Authenticators {
  readonly all: readonly Authenticator[]
  readonly #byIssuer: ReadonlyMap<string, Authenticator>

  /** @param own for the tokens that the relay itself issues */
  constructor(config: IdentityConfig, own: readonly Authenticator[] = []) {
    this.all = [createOidcAuthenticator(config.oidc), ...own]
    this.#byIssuer = new Map(this.all.map((authenticator) => [authenticator.issuer, authenticator]))
  }

  get isReady(): boolean {
    return this.all.every(({ isReady }) => isReady)
  }

  /** @throws PROVIDER_UNREACHABLE (a retry can help) */
  async ready(): Promise<void> {
    await Promise.all(this.all.map((authenticator) => authenticator.ready()))
  }

  /**
   * Says who it is.
   *
   * @throws UNAUTHENTICATED, TOKEN_EXPIRED; the true reason is the error's cause, for the log only
   * @throws PROVIDER_UNREACHABLE (a retry can help)
   */
  async authenticate(credentials: Credentials): Promise<Principal> {
    const { principal, keyThumbprint } = await this.#of(credentials.token).authenticate(credentials.token)
    if (credentials.scheme === 'DPoP' || keyThumbprint !== null)
      throw refused('a token that is bound to a key, or is said to be')
    return principal
  }

  /** Whether someone of this issuer could come in now. */
  trusts(issuer: string): boolean {
    return this.all.some(({ speaksFor }) => speaksFor.includes(issuer))
  }

  /** By who the token says it is from; that is true only once its own authenticator has verified it. */
  #of(token: string): Authenticator {
    const authenticator = this.#byIssuer.get(issuerOf(token) ?? '')
    if (!authenticator) throw refused('a token of another issuer')
    return authenticator
  }
}

function issuerOf(token: string): string | null {
  try {
    return decodeJwt(token).iss ?? null
  } catch {
    return null
  }
}

function refused(reason: string): JetwayError {
  return new JetwayError('UNAUTHENTICATED', {}, { cause: new Error(reason) })
}
