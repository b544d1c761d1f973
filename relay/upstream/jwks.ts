import { createHash, createPublicKey, type KeyObject } from 'node:crypto'

/** A public Ed25519 key as the relay publishes it (RFC 7517, RFC 8037 §2). */
export interface PublicJwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  readonly kid: string
  readonly alg: 'EdDSA'
  readonly use: 'sig'
}

/** @param key Ed25519, private or public */
export function publicJwk(key: KeyObject, kid: string): PublicJwk {
  const { x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' })
  return { kty: 'OKP', crv: 'Ed25519', x: x as string, kid, alg: 'EdDSA', use: 'sig' }
}

/** The name of a key that it gets from itself (RFC 7638). @param key Ed25519 */
export function jwkThumbprint(key: KeyObject): string {
  const { crv, kty, x } = publicJwk(key, '')
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')
}

/** A JWKS document; a key that stands twice is in it once. */
export function jwksDocument(keys: readonly PublicJwk[]): string {
  const byId = new Map(keys.map((key) => [key.kid, key]))
  return JSON.stringify({ keys: [...byId.values()] })
}
