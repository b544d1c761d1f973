import type { IdentityConfig } from '#shared/config/identity/identity.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { parseJson } from '#shared/parse-json.ts'
import type { Authenticated, Authenticator, Credentials, VerifiedToken } from './authenticator.ts'
import { AwsPrincipals } from './aws/principals.ts'
import { createWebIdentityAuthenticators } from './aws/web-identity.ts'
import { DpopProofs } from './dpop.ts'
import { createFederatedAuthenticator } from './federation.ts'
import { createOidcAuthenticator } from './oidc.ts'
import { type Principal, principalKey } from './principal.ts'

/** All who may say who someone is: a configuration's authenticators, as one. */
export class Authenticators {
  readonly all: readonly Authenticator[]
  readonly #byIssuer: ReadonlyMap<string, Authenticator>
  readonly #proofs: DpopProofs
  readonly #mustBeBound: boolean

  /**
   * @param own for the tokens that the relay itself issues
   * @param ofHeaders for what is no bearer token: nobody comes in with that here
   */
  constructor(
    config: Omit<IdentityConfig, 'saml'>,
    own: readonly Authenticator[] = [],
    proofs: DpopProofs = new DpopProofs(config.dpop),
    ofHeaders: readonly Authenticator[] = [],
  ) {
    this.#proofs = proofs
    this.#mustBeBound = config.dpop.required
    const { oidc, aws, federation } = config
    const ofTokens = [
      ...(oidc ? [createOidcAuthenticator(oidc)] : []),
      ...(aws?.webIdentity
        ? createWebIdentityAuthenticators(aws.webIdentity, new AwsPrincipals(aws.principals))
        : []),
      ...federation.map(createFederatedAuthenticator),
      ...own,
    ]
    this.all = [...ofTokens, ...ofHeaders]
    this.#byIssuer = new Map(ofTokens.map((authenticator) => [authenticator.issuer, authenticator]))
  }

  get isReady(): boolean {
    return this.all.every(({ isReady, mayBeAway }) => isReady || mayBeAway === true)
  }

  /** @throws PROVIDER_UNREACHABLE (a retry can help) */
  async ready(): Promise<void> {
    await Promise.all(this.all.map((authenticator) => authenticator.ready()))
  }

  /**
   * Says who it is. A token that is bound to a key takes a proof of that key, each time another one (RFC 9449 §7.1).
   *
   * @throws UNAUTHENTICATED, TOKEN_EXPIRED; the true reason is the error's cause, for the log only
   * @throws PROVIDER_UNREACHABLE, DPOP_NONCE_REQUIRED, OVERLOADED (a retry can help)
   */
  async authenticate(credentials: Credentials): Promise<Authenticated> {
    const { scheme, token, proof } = credentials
    const verified = await this.#verify(token)
    const { principal, keyThumbprint } = verified
    if (keyThumbprint === null) {
      if (scheme === 'DPoP') throw refused('a token that is bound to no key, as if it were')
      return { ...verified, nextNonce: null }
    }
    if (scheme !== 'DPoP') throw refused('a token that is bound to a key, as if it were not')
    if (proof === null) throw refused('a token that is bound to a key, without a proof')
    const owner = principalKey(principal)
    const { nextNonce } = await this.#proofs.accept(proof, {
      method: credentials.method,
      url: credentials.url,
      accessToken: token,
      keyThumbprint,
      owner,
    })
    return { ...verified, nextNonce }
  }

  /**
   * Says who a further token stands for that comes over a connection that was authenticated. It has to be bound to the
   * key that was proven there, or to none where none was.
   *
   * @throws as {@link authenticate}
   */
  async renew(token: string, keyThumbprint: string | null): Promise<VerifiedToken> {
    const verified = await this.#verify(token)
    if (verified.keyThumbprint !== keyThumbprint) throw refused('a token that is bound to another key')
    return verified
  }

  /** Whether someone who came in before could come in now, as the same. */
  trusts(principal: Principal): boolean {
    const { issuer, authentication } = principal
    return this.all.some(
      (one) =>
        one.speaksFor.includes(issuer) && (one.stillKnows?.(principal) ?? one.path === authentication.by),
    )
  }

  async #verify(token: string): Promise<VerifiedToken> {
    const verified = await this.#of(token).authenticate(token)
    if (this.#mustBeBound && verified.keyThumbprint === null) throw refused('a token that is bound to no key')
    return verified
  }

  /** By who the token says it is from; that is true only once its own authenticator has verified it. */
  #of(token: string): Authenticator {
    const authenticator = this.#byIssuer.get(issuerOf(token) ?? '')
    if (!authenticator) throw refused('a token of another issuer')
    return authenticator
  }
}

/** Read at each request, so with no more checks than it takes to find who makes them. */
function issuerOf(token: string): string | null {
  const payload = parseJson(Buffer.from(token.split('.', 2)[1] ?? '', 'base64url').toString('utf8'))
  const { iss } = (payload ?? {}) as { iss?: unknown }
  return typeof iss === 'string' ? iss : null
}

function refused(reason: string): JetwayError {
  return new JetwayError('UNAUTHENTICATED', {}, { cause: new Error(reason) })
}
