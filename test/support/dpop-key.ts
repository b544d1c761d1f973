import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** A caller's key, with which proofs of any content are made. */
export interface DpopKey {
  readonly thumbprint: string
  readonly publicJwk: JWK
  readonly privateJwk: JWK
  /** A good proof for the request, but for what is given. What is undefined is left out. */
  proof(
    request: { method: string; url: string; token?: string; nonce?: string | undefined },
    claims?: Record<string, unknown>,
    header?: Record<string, unknown>,
  ): Promise<string>
}

export async function makeDpopKey(alg = 'ES256'): Promise<DpopKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const publicJwk = await exportJWK(publicKey)
  return {
    publicJwk,
    privateJwk: await exportJWK(privateKey),
    thumbprint: await calculateJwkThumbprint(publicJwk),
    proof: ({ method, url, token, nonce }, claims = {}, header = {}) =>
      new SignJWT({
        jti: randomUUID(),
        htm: method,
        htu: url,
        iat: Math.floor(Date.now() / 1000),
        nonce,
        ath: token && createHash('sha256').update(token).digest('base64url'),
        ...claims,
      })
        .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk: publicJwk, ...header })
        .sign(privateKey),
  }
}
