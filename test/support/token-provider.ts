import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

export const audience = 'urn:test:relay'

/** An OpenID provider as a relay sees it: metadata, keys, and access tokens of any content. */
export interface TokenProvider {
  readonly issuer: string
  /** A good access token of ana, but for what is given. A claim that is undefined is left out. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
  /** What it signs of a header and a payload as they stand. */
  signed(header: string, payload: string): Promise<string>
  close(): Promise<void>
}

export async function startTokenProvider(): Promise<TokenProvider> {
  const kid = 'one'
  const pair = await generateKeyPair('RS256', { extractable: true })
  const server = createServer(async (request, response) => {
    const body =
      request.url === '/jwks'
        ? { keys: [{ ...(await exportJWK(pair.publicKey)), kid, alg: 'RS256', use: 'sig' }] }
        : { issuer, jwks_uri: `${issuer}/jwks` }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    token(claims = {}, header = {}) {
      const now = Math.floor(Date.now() / 1000)
      const all = {
        iss: issuer,
        aud: audience,
        sub: 'ana',
        email: 'ana@example.com',
        groups: ['data-eng'],
        iat: now,
        exp: now + 300,
        ...claims,
      }
      return new SignJWT(all)
        .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid, ...header })
        .sign(pair.privateKey)
    },
    async signed(header, payload) {
      const signed = [header, payload].map((text) => Buffer.from(text).toString('base64url')).join('.')
      const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', pair.privateKey, Buffer.from(signed))
      return `${signed}.${Buffer.from(signature).toString('base64url')}`
    },
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
