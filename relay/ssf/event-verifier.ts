import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { SsfConfig } from '#shared/config/identity/ssf.ts'
import { isCompactJws } from '../identity/compact-jws.ts'
import { fetchJson, remoteKeys, unreachable } from '../identity/provider-keys.ts'
import { SetError } from './set-error.ts'

/**
 * Verifies Security Event Tokens (RFC 8417) of one issuer: the signature, `typ`, issuer and audience. The type is asked
 * for without exception, so that no other token of the issuer's is ever taken for an event.
 */
export class EventVerifier {
  readonly #config: SsfConfig
  #keys: Promise<JWTVerifyGetKey> | null = null

  constructor(config: SsfConfig) {
    this.#config = config
  }

  /**
   * @returns its claims
   * @throws SetError
   * @throws PROVIDER_UNREACHABLE when the keys cannot be had (a retry can help)
   */
  async verify(token: string): Promise<JWTPayload> {
    if (!isCompactJws(token)) throw new SetError('invalid_request', 'It is no JWT in compact form.')
    const { issuer, audience, algorithms } = this.#config
    const keys = await this.#load()
    try {
      const { payload } = await jwtVerify(token, keys, {
        typ: 'secevent+jwt',
        issuer,
        audience,
        algorithms: [...algorithms],
      })
      return payload
    } catch (cause) {
      throw this.#errorOf(cause)
    }
  }

  #errorOf(cause: unknown): Error {
    if (cause instanceof errors.JWTClaimValidationFailed) {
      if (cause.claim === 'iss') return new SetError('invalid_issuer', 'Its issuer is another one.', cause)
      if (cause.claim === 'aud') return new SetError('invalid_audience', 'It is for another one.', cause)
    }
    if (
      cause instanceof errors.JWKSTimeout ||
      (cause instanceof TypeError && cause.message === 'fetch failed')
    )
      return unreachable(this.#config.issuer, 'its keys cannot be read', cause)
    if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWSSignatureVerificationFailed)
      return new SetError('invalid_key', 'It is not signed with a key of the issuer’s.', cause)
    return new SetError('invalid_request', 'It is no Security Event Token.', cause)
  }

  #load(): Promise<JWTVerifyGetKey> {
    this.#keys ??= keysOf(this.#config).catch((error: unknown) => {
      this.#keys = null
      throw error
    })
    return this.#keys
  }
}

/** Shared Signals Framework 1.0 §7.2: the path of an issuer comes after the well-known one. */
async function keysOf({ issuer, jwksUrl }: SsfConfig): Promise<JWTVerifyGetKey> {
  if (jwksUrl !== null) return remoteKeys(new URL(jwksUrl), issuer)
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const url = `${origin}/.well-known/ssf-configuration${path}`
  const { json } = await fetchJson(url, issuer)
  const metadata = json as { issuer?: unknown; jwks_uri?: unknown }
  if (metadata.issuer !== issuer)
    throw unreachable(issuer, `it calls itself ${String(metadata.issuer).slice(0, 200)}`)
  if (typeof metadata.jwks_uri !== 'string') throw unreachable(issuer, 'its metadata name no keys')
  return remoteKeys(new URL(metadata.jwks_uri), issuer)
}
