import { createHmac } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import type { ErrorCode } from '#shared/errors/table.ts'
import { audience, type TokenProvider } from '../token-provider.ts'

/** An access token that nobody may come in with: what is wrong with it, how it is made, the code of the refusal. */
export type TokenAttack = [what: string, make: (provider: TokenProvider) => Promise<string>, code?: ErrorCode]

const seconds = (n: number) => Math.floor(Date.now() / 1000) + n
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const claimsOf = ({ issuer }: TokenProvider) => ({
  iss: issuer,
  aud: audience,
  sub: 'ana',
  groups: ['data-eng'],
  iat: seconds(0),
  exp: seconds(300),
})
const goodHeader = { alg: 'RS256', typ: 'at+jwt', kid: 'one' }

/** Signed by a key of the attacker's, which the header may say where to find. */
async function forged(provider: TokenProvider, header: (jwk: object) => object): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  return new SignJWT(claimsOf(provider))
    .setProtectedHeader({ ...goodHeader, ...header(await exportJWK(publicKey)) })
    .sign(privateKey)
}

async function unsigned(provider: TokenProvider, alg: string, signature: string): Promise<string> {
  return `${part({ ...goodHeader, alg })}.${part(claimsOf(provider))}.${signature}`
}

async function signedWith(provider: TokenProvider, secret: string): Promise<string> {
  const signed = `${part({ ...goodHeader, alg: 'HS256' })}.${part(claimsOf(provider))}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

const jwksOf = async ({ issuer }: TokenProvider) => (await fetch(`${issuer}/jwks`)).text()

export const tokenAttacks: readonly TokenAttack[] = [
  ['with alg none', (at) => unsigned(at, 'none', '')],
  ['with alg none and a signature', (at) => unsigned(at, 'none', 'AAAA')],
  ['with alg nOnE and a signature', (at) => unsigned(at, 'nOnE', 'AAAA')],
  [
    'that is unsecured',
    async ({ issuer }) => new UnsecuredJWT({ sub: 'ana' }).setIssuer(issuer).setAudience(audience).encode(),
  ],
  ['signed with the public key as a secret', async (at) => signedWith(at, await jwksOf(at))],
  ['signed with an empty secret', (at) => signedWith(at, '')],
  ['with the algorithm of another kind of key', (at) => unsigned(at, 'ES256', 'A'.repeat(86))],
  ['signed with another key under the same id', (at) => forged(at, () => ({}))],
  ['signed with the key that it has in jwk', (at) => forged(at, (jwk) => ({ jwk }))],
  ['signed with the key that jku names', (at) => forged(at, () => ({ jku: 'https://evil.example/jwks' }))],
  [
    'signed with the key that x5u names',
    (at) => forged(at, () => ({ x5u: 'https://evil.example/cert.pem' })),
  ],
  ['signed with the key that x5c has', (at) => forged(at, ({ ...jwk }) => ({ x5c: [part(jwk)] }))],
  [
    'signed with the key that it has in jwk, without an id',
    (at) => forged(at, (jwk) => ({ jwk, kid: undefined })),
  ],
  ['under a key id that is not there', (at) => at.token({}, { kid: 'nope' })],
  ['under a key id that is a path', (at) => forged(at, () => ({ kid: '../../../../../dev/null' }))],
  ['under a key id that is an address', (at) => forged(at, () => ({ kid: 'https://evil.example/jwks#one' }))],
  ['under a key id with a zero', (at) => forged(at, () => ({ kid: 'one\0' }))],
  ['under a key id that asks a database', (at) => forged(at, () => ({ kid: "x' UNION SELECT 'AA" }))],
  ['under a key id in other case', (at) => at.token({}, { kid: 'ONE' })],
  [
    'under a key id that is no text',
    (at) => at.signed(JSON.stringify({ ...goodHeader, kid: ['one'] }), JSON.stringify(claimsOf(at))),
  ],
  ['that is an ID token by type', (at) => at.token({}, { typ: 'JWT' })],
  ['that is a security event by type', (at) => at.token({}, { typ: 'secevent+jwt' })],
  ['that is a logout token by type', (at) => at.token({}, { typ: 'logout+jwt' })],
  ['without a type', (at) => at.token({}, { typ: undefined })],
  ['that is an ID token by its claims', (at) => at.token({ nonce: 'n' })],
  ['for another audience', (at) => at.token({ aud: 'urn:other' })],
  ['for an audience in other case', (at) => at.token({ aud: audience.toUpperCase() })],
  ['for no audience', (at) => at.token({ aud: undefined })],
  ['of another issuer', (at) => at.token({ iss: 'https://evil.example' })],
  ['of almost the issuer', (at) => at.token({ iss: `${at.issuer}/` })],
  ['of no issuer', (at) => at.token({ iss: undefined })],
  ['that has expired', (at) => at.token({ exp: seconds(-60) }), 'TOKEN_EXPIRED'],
  ['that is not valid yet', (at) => at.token({ nbf: seconds(120) })],
  ['from the future', (at) => at.token({ iat: seconds(120) })],
  ['without an end', (at) => at.token({ exp: undefined })],
  [
    'whose end is no number',
    (at) => at.signed(JSON.stringify(goodHeader), JSON.stringify({ ...claimsOf(at), exp: 'never' })),
  ],
  ['without a subject', (at) => at.token({ sub: undefined })],
  ['without a time of issue', (at) => at.token({ iat: undefined })],
  ['with a subject of control characters', (at) => at.token({ sub: 'ana\nroot' })],
  ['with groups that are no list', (at) => at.token({ groups: { admin: true } })],
  [
    'with a claim that stands twice',
    (at) =>
      at.signed(JSON.stringify(goodHeader), JSON.stringify(claimsOf(at)).replace('{', '{"sub":"root",')),
  ],
  [
    'with a claim that stands twice in another spelling',
    (at) =>
      at.signed(
        JSON.stringify(goodHeader),
        JSON.stringify(claimsOf(at)).replace('{', '{"\\u0067roups":["admins"],'),
      ),
  ],
  [
    'with a member of its header that stands twice',
    (at) => at.signed(JSON.stringify(goodHeader).replace('{', '{"typ":"JWT",'), JSON.stringify(claimsOf(at))),
  ],
  [
    'with a critical header that is not known',
    (at) => at.signed(JSON.stringify({ ...goodHeader, crit: ['x'], x: 1 }), JSON.stringify(claimsOf(at))),
  ],
  [
    'that was changed',
    async (at) => {
      const [header, , signature] = (await at.token()).split('.')
      const [, payload] = (await at.token({ groups: ['admins'] })).split('.')
      return `${header}.${payload}.${signature}`
    },
  ],
  ['whose signature is cut', async (at) => (await at.token()).slice(0, -4)],
  ['with padding', async (at) => `${await at.token()}==`],
  ['that is bound to a certificate', (at) => at.token({ cnf: { 'x5t#S256': 'x' } })],
  ['that is bound to a key and to a certificate', (at) => at.token({ cnf: { jkt: 'x', 'x5t#S256': 'x' } })],
  ['that is bound to a key in another way', (at) => at.token({ cnf: { jkt: 'x', 'kc-jkt-type': 'other' } })],
  ['that is bound to nothing', (at) => at.token({ cnf: {} })],
  ['that is too long', async () => `a.${'b'.repeat(16_400)}.c`],
  ['that is encrypted', async () => 'a.b.c.d.e'],
  ['in JSON form', async () => JSON.stringify({ payload: 'e30', protected: 'e30', signature: '' })],
  ['that is no token', async () => 'hello'],
  ['that is empty', async () => ''],
]
