import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { vi } from 'vitest'

/** The ways in which balancers sign who asks. */
export type Signer = 'aws-alb' | 'google-iap' | 'cloudflare-access' | 'jwt'

export const alb = {
  signer: 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/airflow/50dc6c495c0c9188',
  clientId: 'balancer',
  issuer: 'https://id.example.com',
}
const iapAudience = '/projects/1234/global/backendServices/5678'
const accessAudience = 'a'.repeat(64)
const jwtAudience = 'urn:test:airflow'
const jwtIssuer = 'https://proxy.example.com'

/** What a signed header says; what is undefined is left out. */
export interface Said {
  readonly claims?: Record<string, unknown>
  readonly header?: Record<string, unknown>
  /** Another key than the signer's, under its id. */
  readonly withKey?: CryptoKey
}

/**
 * The signers of balancers as a relay sees them: tokens of any content, and keys at the addresses that are AWS's,
 * Google's and Cloudflare's, all of which lead to a server on this machine.
 */
export interface Balancers {
  /** The headers that each signer sets. */
  readonly headers: Readonly<Record<Signer, string>>
  /** Where keys were asked for. */
  readonly asked: string[]
  /** Of ana, of data-eng, but for what is given. */
  token(signer: Signer, said?: Said): Promise<string>
  /** How the listener of a signer is configured, without `listen` and `publicUrl`. */
  config(signer: Signer): Record<string, unknown>
  close(): void
}

const kid = '0f0e0d0c-0b0a-4908-8706-050403020100'

export async function startBalancers(): Promise<Balancers> {
  const es256 = await generateKeyPair('ES256', { extractable: true })
  const rs256 = await generateKeyPair('RS256', { extractable: true })
  const jwks = async (alg: 'ES256' | 'RS256') => ({
    keys: [{ ...(await exportJWK((alg === 'ES256' ? es256 : rs256).publicKey)), kid, alg, use: 'sig' }],
  })
  const asked: string[] = []
  const places: Record<string, () => Promise<string>> = {
    [`https://public-keys.auth.elb.eu-central-1.amazonaws.com/${kid}`]: () => exportSPKI(es256.publicKey),
    'https://www.gstatic.com/iap/verify/public_key-jwk': async () => JSON.stringify(await jwks('ES256')),
    'https://example.cloudflareaccess.com/cdn-cgi/access/certs': async () =>
      JSON.stringify(await jwks('RS256')),
    'https://proxy.example.com/jwks': async () => JSON.stringify(await jwks('ES256')),
  }
  const server = createServer(async (request, response) => {
    const wanted = decodeURIComponent((request.url ?? '').slice(1))
    const place = places[wanted]
    if (place) response.end(await place())
    else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const real = globalThis.fetch
  // The addresses are fixed: it is the way to them that leads here.
  vi.stubGlobal('fetch', (input: string | URL | Request, init?: RequestInit) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.protocol !== 'https:') return real(input, init)
    asked.push(url.href)
    return real(`http://127.0.0.1:${port}/${encodeURIComponent(url.href)}`, init)
  })
  const now = () => Math.floor(Date.now() / 1000)
  const person = { sub: 'ana', email: 'ana@example.com', groups: ['data-eng'] }
  const times = () => ({ iat: now(), exp: now() + 120 })
  const defaults: Record<Signer, () => { claims: object; header: object }> = {
    'aws-alb': () => ({
      claims: { ...person, email_verified: true, exp: now() + 120, iss: alb.issuer },
      header: {
        typ: 'JWT',
        alg: 'ES256',
        kid,
        iss: alb.issuer,
        client: alb.clientId,
        signer: alb.signer,
        exp: now() + 120,
      },
    }),
    'google-iap': () => ({
      claims: { ...person, ...times(), iss: 'https://cloud.google.com/iap', aud: iapAudience },
      header: { typ: 'JWT', alg: 'ES256', kid },
    }),
    'cloudflare-access': () => ({
      claims: {
        sub: 'ana',
        email: 'ana@example.com',
        custom: { groups: ['data-eng'] },
        ...times(),
        iss: 'https://example.cloudflareaccess.com',
        aud: [accessAudience],
        type: 'app',
      },
      header: { typ: 'JWT', alg: 'RS256', kid },
    }),
    jwt: () => ({
      claims: { ...person, ...times(), iss: jwtIssuer, aud: jwtAudience },
      header: { typ: 'JWT', alg: 'ES256', kid },
    }),
  }
  return {
    headers: {
      'aws-alb': 'x-amzn-oidc-data',
      'google-iap': 'x-goog-iap-jwt-assertion',
      'cloudflare-access': 'cf-access-jwt-assertion',
      jwt: 'x-proxy-assertion',
    },
    asked,
    async token(signer, said = {}) {
      const { claims, header } = defaults[signer]()
      const whole = { ...header, ...said.header } as { alg: string }
      const key = said.withKey ?? (whole.alg.startsWith('RS') ? rs256 : es256).privateKey
      const token = await new SignJWT({ ...claims, ...said.claims }).setProtectedHeader(whole).sign(key)
      return signer === 'aws-alb' ? padded(token, key) : token
    },
    config(signer) {
      switch (signer) {
        case 'aws-alb':
          return { from: signer, ...alb }
        case 'google-iap':
          return { from: signer, audience: iapAudience }
        case 'cloudflare-access':
          return { from: signer, team: 'example', audience: accessAudience }
        case 'jwt':
          return {
            from: signer,
            header: 'x-proxy-assertion',
            issuer: jwtIssuer,
            audience: jwtAudience,
            jwksUrl: 'https://proxy.example.com/jwks',
          }
      }
    },
    close() {
      vi.unstubAllGlobals()
      server.close()
      server.closeAllConnections()
    },
  }
}

/** As an ALB writes it: its parts have their padding, and it is signed with it. */
async function padded(token: string, key: CryptoKey): Promise<string> {
  const [header, payload] = token.split('.').map(pad)
  const data = Buffer.from(`${header}.${payload}`)
  const signature = await crypto.subtle.sign({ name: key.algorithm.name, hash: 'SHA-256' }, key, data)
  return `${header}.${payload}.${pad(Buffer.from(signature).toString('base64url'))}`
}

function pad(part: string): string {
  return part.padEnd(Math.ceil(part.length / 4) * 4, '=')
}
