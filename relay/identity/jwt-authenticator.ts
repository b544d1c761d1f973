import { hash } from 'node:crypto'
import { errors, type JWTHeaderParameters, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Authenticator, VerifiedToken } from './authenticator.ts'
import { isCompactJws } from './compact-jws.ts'
import { hasDuplicateNames } from './duplicate-names.ts'
import type { Principal } from './principal.ts'
import { unreachable } from './provider-keys.ts'
import { clockFault, ExpiredToken, requireIssued } from './token-times.ts'

export interface JwtRules {
  /** Where they stand in the configuration, e.g. `identity.oidc`. */
  readonly path: string
  readonly issuer: string
  /** The issuers of the principals that come out; the tokens' own where it is not given. */
  readonly speaksFor?: readonly string[]
  readonly audience: string
  readonly algorithms: readonly string[]
  /** How far clocks may differ, in seconds. */
  readonly clockToleranceSeconds: number
  /** Accepted `typ` of the header, without `application/`; `none` for tokens without. */
  readonly tokenTypes: readonly string[]
  /** Whether the relay is ready without its keys; not where it is not given. */
  readonly mayBeAway?: boolean
  /** The keys of the issuer. @throws PROVIDER_UNREACHABLE (a retry can help) */
  readonly keys: () => Promise<JWTVerifyGetKey>
  /** Who it stands for, once the signature, the issuer, the audience and the time are right. @throws Error when nobody */
  readonly principalOf: (payload: JWTPayload, header: JWTHeaderParameters) => Principal
  /** See {@link Authenticator.stillKnows}; not given where everything stands in the token. */
  readonly stillKnows?: (principal: Principal) => boolean
}

const maxTokenBytes = 16_384
const maxCachedTokens = 10_000

/** An authenticator for the signed tokens of one issuer (RFC 7519, RFC 8725). What it accepts is for `rules` to say. */
export function createJwtAuthenticator(rules: JwtRules): JwtAuthenticator {
  return new JwtAuthenticator(rules)
}

class JwtAuthenticator implements Authenticator {
  readonly #rules: JwtRules
  #keys: Promise<JWTVerifyGetKey> | null = null
  #isReady = false
  /** By digest of the token: what was verified stays verified until it expires. */
  readonly #verified = new Map<string, VerifiedToken>()

  constructor(rules: JwtRules) {
    this.#rules = rules
  }

  get path(): string {
    return this.#rules.path
  }

  get issuer(): string {
    return this.#rules.issuer
  }

  get speaksFor(): readonly string[] {
    return this.#rules.speaksFor ?? [this.#rules.issuer]
  }

  get isReady(): boolean {
    return this.#isReady
  }

  get mayBeAway(): boolean {
    return this.#rules.mayBeAway ?? false
  }

  async ready(): Promise<void> {
    await this.#loadKeys()
  }

  stillKnows(principal: Principal): boolean {
    return this.#rules.stillKnows?.(principal) ?? principal.authentication.by === this.#rules.path
  }

  takeKeys(from: Authenticator): boolean {
    if (!(from instanceof JwtAuthenticator) || from.issuer !== this.issuer || !from.isReady) return false
    this.#keys = from.#keys
    this.#isReady = true
    return true
  }

  async authenticate(token: string): Promise<VerifiedToken> {
    if (token.length > maxTokenBytes || !isCompactJws(token)) {
      throw refused(new Error('not a JWT in compact form'))
    }
    const digest = hash('sha256', token, 'base64')
    const known = this.#verified.get(digest)
    if (known && known.principal.expires > Date.now() / 1000) return known
    const verified = await this.#verify(token)
    if (this.#verified.size >= maxCachedTokens)
      this.#verified.delete(this.#verified.keys().next().value as string)
    this.#verified.set(digest, verified)
    return verified
  }

  async #verify(token: string): Promise<VerifiedToken> {
    const { issuer, audience, algorithms, clockToleranceSeconds, tokenTypes, principalOf } = this.#rules
    const keys = await this.#loadKeys()
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: [...algorithms],
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp', 'iat', 'sub'],
      })
      requireType(protectedHeader.typ, tokenTypes)
      requireOneMeaning(token)
      requireIssued(payload, clockToleranceSeconds)
      return { principal: principalOf(payload, protectedHeader), keyThumbprint: keyThumbprintOf(payload) }
    } catch (cause) {
      throw refusalOf(clockFault(cause) ?? cause, issuer)
    }
  }

  #loadKeys(): Promise<JWTVerifyGetKey> {
    this.#keys ??= this.#rules.keys().then(
      (keys) => {
        this.#isReady = true
        return keys
      },
      (error) => {
        this.#keys = null
        throw error
      },
    )
    return this.#keys
  }
}

/** RFC 9068 §4: the type says that it is an access token. */
function requireType(typ: unknown, accepted: readonly string[]): void {
  const type = typeOf(typ)
  if (!accepted.some((one) => one.toLowerCase() === type)) throw new Error(`typ ${type} is not accepted`)
}

/** A token's `typ` in short: `application/` may be left out (RFC 7515 §4.1.9). `none` where there is none. */
export function typeOf(typ: unknown): string {
  if (typ === undefined) return 'none'
  return typeof typ === 'string' && typ !== 'none'
    ? typ.toLowerCase().replace(/^application\//, '')
    : 'unknown'
}

function requireOneMeaning(token: string): void {
  for (const part of token.split('.', 2)) {
    if (hasDuplicateNames(Buffer.from(part, 'base64url').toString('utf8')))
      throw new Error('a claim stands twice')
  }
}

/**
 * A token that is bound in a way that is not known here would be taken for one that is not bound. Keycloak says beside
 * `jkt` how that is to be proven.
 */
function keyThumbprintOf({ cnf }: JWTPayload): string | null {
  if (cnf === undefined) return null
  const { jkt, 'kc-jkt-type': proof = 'DPoP', ...other } = (cnf ?? {}) as Record<string, unknown>
  if (typeof jkt !== 'string' || jkt === '' || proof !== 'DPoP' || Object.keys(other).length > 0)
    throw new Error('it is bound in a way that is not known')
  return jkt
}

function refusalOf(cause: unknown, issuer: string): JetwayError {
  if (cause instanceof JetwayError) return cause
  if (cause instanceof ExpiredToken) return new JetwayError('TOKEN_EXPIRED', {}, { cause })
  if (
    cause instanceof errors.JWKSTimeout ||
    (cause instanceof TypeError && cause.message === 'fetch failed')
  ) {
    return unreachable(issuer, 'its keys cannot be read', cause)
  }
  return refused(cause)
}

function refused(cause: unknown): JetwayError {
  return new JetwayError('UNAUTHENTICATED', {}, { cause })
}
