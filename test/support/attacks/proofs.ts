import { createHmac } from 'node:crypto'
import { UnsecuredJWT } from 'jose'
import { type DpopKey, makeDpopKey } from '../dpop-key.ts'

/** Who makes proofs for one request of someone whose token is bound to `key`. */
export interface ProofMaker {
  readonly key: DpopKey
  /** Somebody else's. */
  readonly other: DpopKey
  /** The request's URL, without a query. */
  readonly url: string
  /** A good proof but for what is given; with a nonce that is good. */
  good(claims?: Record<string, unknown>, header?: Record<string, unknown>, by?: DpopKey): Promise<string>
}

/** A proof that is refused: the number of the check in RFC 9449 §4.3, what is wrong, how it is made. */
export type ProofAttack = [number: number, what: string, make: (by: ProofMaker) => Promise<string>]

const now = () => Math.floor(Date.now() / 1000)
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const secret = { kty: 'oct', k: Buffer.from('secret').toString('base64url') }
const hmac = (header: object, claims: object) => {
  const signed = `${part(header)}.${part(claims)}`
  return `${signed}.${createHmac('sha256', 'secret').update(signed).digest('base64url')}`
}
const otherUrl = (url: string, change: (url: URL) => void) => {
  const other = new URL(url)
  change(other)
  return other.href
}

/** The first number, that there is one header, is for who reads the header. */
export const proofAttacks: readonly ProofAttack[] = [
  [2, 'that is no JWT', async () => 'hello'],
  [2, 'that is empty', async () => ''],
  [2, 'that stands twice', async ({ good }) => `${await good()}, ${await good()}`],
  [2, 'with padding', async ({ good }) => `${await good()}=`],
  [2, 'in JSON form', async () => JSON.stringify({ payload: '', protected: '', signature: '' })],
  [2, 'that is too long', ({ good }) => good({ more: 'x'.repeat(8000) })],
  [3, 'without jti', ({ good }) => good({ jti: undefined })],
  [3, 'with an empty jti', ({ good }) => good({ jti: '' })],
  [3, 'with a jti that is too long', ({ good }) => good({ jti: 'x'.repeat(257) })],
  [3, 'without htm', ({ good }) => good({ htm: undefined })],
  [3, 'without htu', ({ good }) => good({ htu: undefined })],
  [3, 'without iat', ({ good }) => good({ iat: undefined })],
  [3, 'with iat as text', ({ good }) => good({ iat: 'now' })],
  [3, 'without ath', ({ good }) => good({ ath: undefined })],
  [4, 'without typ', ({ good }) => good({}, { typ: undefined })],
  [4, 'with the typ of an access token', ({ good }) => good({}, { typ: 'at+jwt' })],
  [4, 'with typ JWT', ({ good }) => good({}, { typ: 'JWT' })],
  [
    5,
    'with alg none',
    async ({ key, good }) =>
      `${part({ alg: 'none', typ: 'dpop+jwt', jwk: key.publicJwk })}.${(await good()).split('.')[1]}.`,
  ],
  [5, 'that is unsecured', async () => new UnsecuredJWT({}).encode()],
  [
    5,
    'with a symmetric alg',
    async ({ url }) =>
      hmac({ alg: 'HS256', typ: 'dpop+jwt', jwk: secret }, { jti: 'x', htm: 'GET', htu: url, iat: now() }),
  ],
  [
    5,
    'with a symmetric alg and the public key as its secret',
    async ({ key, url }) =>
      hmac({ alg: 'HS256', typ: 'dpop+jwt', jwk: key.publicJwk }, { jti: 'x', htm: 'GET', htu: url }),
  ],
  [5, 'with an RSA key', async ({ good }) => good({}, {}, await makeDpopKey('RS256'))],
  [
    5,
    'with a critical header that is not known',
    async ({ good }) => {
      const [, payload, signature] = (await good()).split('.')
      return `${part({ alg: 'ES256', typ: 'dpop+jwt', crit: ['x'], x: 1 })}.${payload}.${signature}`
    },
  ],
  [6, 'signed by another key than its own', ({ other, good }) => good({}, { jwk: other.publicJwk })],
  [
    6,
    'that was changed',
    async ({ good }) => {
      const [header, , signature] = (await good()).split('.')
      const [, payload] = (await good({ htm: 'GET' })).split('.')
      return `${header}.${payload}.${signature}`
    },
  ],
  [6, 'without a key', ({ good }) => good({}, { jwk: undefined })],
  [6, 'with a key by address', ({ good }) => good({}, { jwk: undefined, jku: 'https://evil.example/jwks' })],
  [7, 'with its private key', ({ key, good }) => good({}, { jwk: key.privateJwk })],
  [
    7,
    'with a part of an RSA private key',
    ({ key, good }) => good({}, { jwk: { ...key.publicJwk, p: 'x' } }),
  ],
  [7, 'with a symmetric key in it', ({ key, good }) => good({}, { jwk: { ...key.publicJwk, k: 'x' } })],
  [8, 'for another method', ({ good }) => good({ htm: 'POST' })],
  [8, 'for the method in small letters', ({ good }) => good({ htm: 'get' })],
  [
    9,
    'for another path',
    ({ url, good }) => good({ htu: otherUrl(url, (u) => (u.pathname = '/api/v2/pools')) }),
  ],
  [9, 'for a longer path', ({ url, good }) => good({ htu: `${url}/` })],
  [
    9,
    'for another host',
    ({ url, good }) => good({ htu: otherUrl(url, (u) => (u.hostname = 'evil.example')) }),
  ],
  [9, 'for another port', ({ url, good }) => good({ htu: otherUrl(url, (u) => (u.port = '8443')) })],
  [
    9,
    'for another scheme',
    ({ url, good }) =>
      good({ htu: url.startsWith('https') ? url.replace('https', 'http') : url.replace('http', 'https') }),
  ],
  [9, 'for no URL', ({ good }) => good({ htu: '/api/v2/dags' })],
  [9, 'with a query', ({ url, good }) => good({ htu: `${url}?limit=1` })],
  [9, 'with a fragment', ({ url, good }) => good({ htu: `${url}#x` })],
  [9, 'with a user', ({ url, good }) => good({ htu: url.replace('://', '://ana@') })],
  [9, 'with a backslash', ({ url, good }) => good({ htu: url.replace(/(?<!\/)\/(?=api)/, '\\') })],
  [
    9,
    'for a reserved character in another form',
    ({ url, good }) => good({ htu: url.replace('/v2/', '%2Fv2/') }),
  ],
  [11, 'that is too old', ({ good }) => good({ iat: now() - 65 })],
  [11, 'from too far ahead', ({ good }) => good({ iat: now() + 45 })],
  [11, 'from the end of time', ({ good }) => good({ iat: 1e300 })],
  [11, 'that says itself that it is over', ({ good }) => good({ exp: now() - 35 })],
  [12, 'for another token', ({ good }) => good({ ath: 'x' })],
  [12, 'of another key than the token’s', ({ other, good }) => good({}, {}, other)],
]
