import { randomUUID, sign } from 'node:crypto'
import type { Principal } from '../identity/principal.ts'
import type { SigningKey } from '../oauth/keyring.ts'

/**
 * Signs what a service is told of a person: a JWT (RFC 7519) with EdDSA (RFC 8037), good for a short time and no
 * longer than the person's own sign-in.
 *
 * @returns the same token for the same claims during half of its life
 */
export type Mint = (principal: Principal, claims: Readonly<Record<string, unknown>>) => string

const maxCachedTokens = 10_000

/**
 * @param o.signer the key that signs now
 * @param o.lifetimeSeconds 10 to 300
 */
export function createMint(o: {
  signer: () => SigningKey
  issuer: string
  audience: string
  lifetimeSeconds: number
}): Mint {
  const cache = new Map<string, { token: string; until: number }>()
  return (principal, claims) => {
    const now = Math.floor(Date.now() / 1000)
    const { kid, key } = o.signer()
    // Of a key that is not believed any more nothing is used again.
    const cacheKey = `${kid} ${principal.issuer} ${principal.subject} ${JSON.stringify(claims)}`
    const cached = cache.get(cacheKey)
    if (cached && cached.until > now && cached.until <= principal.expires) return cached.token
    const expires = Math.min(now + o.lifetimeSeconds, principal.expires)
    const times = { iat: now, nbf: now, exp: expires, jti: randomUUID() }
    const header = encode({ alg: 'EdDSA', typ: 'JWT', kid })
    const signed = `${header}.${encode({ iss: o.issuer, aud: o.audience, ...claims, ...times })}`
    const token = `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`
    // Oldest out: a Map keeps the order of insertion
    if (cache.size >= maxCachedTokens) cache.delete(cache.keys().next().value as string)
    cache.set(cacheKey, { token, until: now + Math.floor((expires - now) / 2) })
    return token
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
