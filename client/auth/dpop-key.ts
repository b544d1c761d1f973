import { createHash, randomUUID, type webcrypto } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, importJWK, type JWK, SignJWT } from 'jose'
import { type Configuration, type DPoPHandle, getDPoPHandle, randomDPoPKeyPair } from 'openid-client'
import { z } from 'zod'

/** Of those that providers offer, the one that all of them take. */
export const dpopAlgorithm = 'ES256'

const privateJwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
})
export type PrivateJwk = z.infer<typeof privateJwk>

/** A key that tokens are bound to (RFC 9449): whoever takes them from here cannot use them without it. */
export class DpopKey {
  readonly thumbprint: string
  readonly #keys: webcrypto.CryptoKeyPair
  readonly #publicJwk: JWK
  /** The relay's, for the next proof. */
  #nonce: string | undefined
  /** How far the relay's clock is ahead of this machine's. */
  #aheadSeconds = 0

  private constructor(keys: webcrypto.CryptoKeyPair, publicJwk: JWK, thumbprint: string) {
    this.#keys = keys
    this.#publicJwk = publicJwk
    this.thumbprint = thumbprint
  }

  /** A new key that ends with this process and cannot be read. */
  static async ofProcess(): Promise<DpopKey> {
    const keys = await randomDPoPKeyPair(dpopAlgorithm)
    const publicJwk = await exportJWK(keys.publicKey)
    return new DpopKey(keys, publicJwk, await calculateJwkThumbprint(publicJwk))
  }

  /** A new key, as it is to be kept. */
  static async generate(): Promise<PrivateJwk> {
    const { privateKey } = await randomDPoPKeyPair(dpopAlgorithm, { extractable: true })
    return privateJwk.parse(await exportJWK(privateKey))
  }

  /** The key that was kept, which from here on cannot be read any more; null for what is none. */
  static async from(kept: unknown): Promise<DpopKey | null> {
    const parsed = privateJwk.safeParse(kept)
    if (!parsed.success) return null
    const { d, ...publicJwk } = parsed.data
    try {
      const [privateKey, publicKey] = await Promise.all([
        importJWK({ ...publicJwk, d }, dpopAlgorithm, { extractable: false }),
        importJWK(publicJwk, dpopAlgorithm, { extractable: true }),
      ])
      const keys = { privateKey, publicKey } as webcrypto.CryptoKeyPair
      return new DpopKey(keys, publicJwk, await calculateJwkThumbprint(publicJwk))
    } catch {
      return null
    }
  }

  /** For requests to a provider, whose nonces it looks after. */
  handleFor(provider: Configuration): DPoPHandle {
    return getDPoPHandle(provider, this.#keys)
  }

  /**
   * A proof for one request to the relay (RFC 9449 §4.2).
   *
   * @param o.url without query
   * @param o.accessToken that it comes with; null where one is asked for
   */
  proof(o: { method: string; url: string; accessToken: string | null }): Promise<string> {
    return new SignJWT({
      jti: randomUUID(),
      htm: o.method,
      htu: o.url,
      ...(o.accessToken === null
        ? {}
        : { ath: createHash('sha256').update(o.accessToken).digest('base64url') }),
      iat: Math.floor(Date.now() / 1000) + this.#aheadSeconds,
      ...(this.#nonce === undefined ? {} : { nonce: this.#nonce }),
    })
      .setProtectedHeader({ alg: dpopAlgorithm, typ: 'dpop+jwt', jwk: this.#publicJwk })
      .sign(this.#keys.privateKey)
  }

  /**
   * What the relay's answer says for the next proof.
   *
   * @param date of the answer (RFC 9110 §6.6.1): a machine whose clock is wrong can still sign in
   */
  learn(nonce: string, date: string | undefined): void {
    this.#nonce = nonce
    const time = Date.parse(date ?? '')
    if (!Number.isNaN(time)) this.#aheadSeconds = Math.round((time - Date.now()) / 1000)
  }
}
