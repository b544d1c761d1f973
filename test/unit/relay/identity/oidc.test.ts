import { createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { oidcConfig } from '#shared/config/identity/oidc.ts'
import { createOidcAuthenticator } from '../../../../relay/identity/oidc.ts'
import { audience, startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'

let provider: TokenProvider
beforeAll(async () => {
  provider = await startTokenProvider()
})
afterAll(() => provider.close())

const authenticator = (part: object = {}) =>
  createOidcAuthenticator(
    oidcConfig.parse({ issuer: provider.issuer, audience, clientId: 'jetway', ...part }),
  )
const principalOf = async (claims: Record<string, unknown> = {}) => {
  const { principal } = await authenticator().authenticate(await provider.token(claims))
  return principal
}
const seconds = (n: number) => Math.floor(Date.now() / 1000) + n

test('a good token says who it is', async () => {
  expect(await principalOf()).toEqual({
    kind: 'person',
    issuer: provider.issuer,
    subject: 'ana',
    name: 'ana@example.com',
    email: 'ana@example.com',
    groups: ['data-eng'],
    authTime: null,
    expires: expect.any(Number),
    authentication: {
      by: 'identity.oidc',
      tokenId: null,
      sessionId: null,
      acr: null,
      issuedAt: expect.any(Number),
    },
  })
})

const refused: [string, () => Promise<string>, string?][] = [
  ['for another audience', () => provider.token({ aud: 'urn:other' })],
  ['for no audience', () => provider.token({ aud: undefined })],
  ['of another issuer', () => provider.token({ iss: 'https://evil.example' })],
  ['of almost the issuer', () => provider.token({ iss: `${provider.issuer}/` })],
  ['that has expired', () => provider.token({ exp: seconds(-60) }), 'TOKEN_EXPIRED'],
  ['that is not valid yet', () => provider.token({ nbf: seconds(120) })],
  ['without an end', () => provider.token({ exp: undefined })],
  ['without a subject', () => provider.token({ sub: undefined })],
  ['without a time of issue', () => provider.token({ iat: undefined })],
  ['with a subject of control characters', () => provider.token({ sub: 'ana\nroot' })],
  ['with groups that are no list', () => provider.token({ groups: { admin: true } })],
  ['that is an ID token by type', () => provider.token({}, { typ: 'JWT' })],
  ['without a type', () => provider.token({}, { typ: undefined })],
  ['that is an ID token by its claims', () => provider.token({ nonce: 'n' })],
  [
    'with a critical header that is not known',
    () => provider.token({}, { crit: ['x'], x: 1 }).catch(() => 'a.b.c'),
  ],
  ['under a key id that is not there', () => provider.token({}, { kid: 'nope' })],
  [
    'with alg none',
    async () => new UnsecuredJWT({ sub: 'ana' }).setIssuer(provider.issuer).setAudience(audience).encode(),
  ],
  [
    'signed with the public key as a secret',
    async () => {
      const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid: 'one' })).toString(
        'base64url',
      )
      const payload = (await provider.token()).split('.')[1]
      const jwks = await (await fetch(`${provider.issuer}/jwks`)).text()
      const mac = createHmac('sha256', jwks).update(`${header}.${payload}`).digest('base64url')
      return `${header}.${payload}.${mac}`
    },
  ],
  [
    'signed with another key under the same id',
    async () => {
      const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
      return new SignJWT({
        iss: provider.issuer,
        aud: audience,
        sub: 'ana',
        iat: seconds(0),
        exp: seconds(300),
      })
        .setProtectedHeader({
          alg: 'RS256',
          typ: 'at+jwt',
          kid: 'one',
          jwk: await exportJWK(publicKey),
          jku: 'https://evil.example/jwks',
        })
        .sign(privateKey)
    },
  ],
  [
    'that was changed',
    async () => {
      const [header, , signature] = (await provider.token()).split('.')
      const [, payload] = (await provider.token({ groups: ['admins'] })).split('.')
      return `${header}.${payload}.${signature}`
    },
  ],
  ['that is bound to a certificate', () => provider.token({ cnf: { 'x5t#S256': 'x' } })],
  [
    'that is bound to a key and to a certificate',
    () => provider.token({ cnf: { jkt: 'x', 'x5t#S256': 'x' } }),
  ],
  [
    'that is bound to a key in another way',
    () => provider.token({ cnf: { jkt: 'x', 'kc-jkt-type': 'other' } }),
  ],
  ['that is bound to nothing', () => provider.token({ cnf: {} })],
  ['that is too long', async () => `a.${'b'.repeat(20_000)}.c`],
  ['that is no token', async () => 'hello'],
  ['that is empty', async () => ''],
]
test.each(refused)(
  'a token %s is refused, with the reason in the cause alone',
  async (_what, make, code = 'UNAUTHENTICATED') => {
    const error = await authenticator()
      .authenticate(await make())
      .catch((e) => e)
    expect(error).toMatchObject({ code })
    expect(error.cause).toBeInstanceOf(Error)
    expect(error.message).toMatch(/^(The relay did not accept who you are|The access token ran out)/)
  },
)

/** Lets a provider of a test's own listen until the test has ended. */
async function originOf(server: Server): Promise<string> {
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a key that is too weak signs for nobody', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const jwk = publicKey.export({ format: 'jwk' })
  const server = createServer((request, response) => {
    const issuer = `http://${request.headers.host}`
    response.end(
      JSON.stringify(
        request.url === '/jwks'
          ? { keys: [{ ...jwk, kid: 'weak', alg: 'RS256' }] }
          : { issuer, jwks_uri: `${issuer}/jwks` },
      ),
    )
  })
  const issuer = await originOf(server)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'RS256', typ: 'at+jwt', kid: 'weak' })}.${part({ iss: issuer, aud: audience, sub: 'ana', iat: seconds(0), exp: seconds(60) })}`
  const token = `${signed}.${createSign('sha256').update(signed).sign(privateKey, 'base64url')}`
  await expect(authenticator({ issuer }).authenticate(token)).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  })
})

test('a provider that is not there is said, and tried again', async () => {
  let up = false
  const server = createServer(async (request, response) => {
    if (!up) response.writeHead(503).end()
    else {
      const issuer = `http://${request.headers.host}`
      const jwks = await (await fetch(`${provider.issuer}/jwks`)).text()
      response.end(request.url === '/jwks' ? jwks : JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks` }))
    }
  })
  const issuer = await originOf(server)
  const oidc = authenticator({ issuer })
  const token = await provider.token({ iss: issuer })
  await expect(oidc.authenticate(token)).rejects.toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
  expect(oidc.isReady).toBe(false)
  up = true
  expect((await oidc.authenticate(token)).principal).toMatchObject({ subject: 'ana' })
  expect(oidc.isReady).toBe(true)
})

test('metadata that name another issuer are not believed', async () => {
  const server = createServer((_request, response) =>
    response.end(JSON.stringify({ issuer: provider.issuer, jwks_uri: `${provider.issuer}/jwks` })),
  )
  const issuer = await originOf(server)
  await expect(authenticator({ issuer }).ready()).rejects.toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
})

test.each([
  [undefined, null],
  [{ jkt: 'x' }, 'x'],
  // As Keycloak says it.
  [{ jkt: 'x', 'kc-jkt-type': 'DPoP' }, 'x'],
])('a token with cnf %o is bound to %s', async (cnf, keyThumbprint) => {
  expect(await authenticator().authenticate(await provider.token({ cnf }))).toMatchObject({ keyThumbprint })
})

test('what was verified is not verified again, until it ends', async () => {
  const oidc = authenticator()
  const token = await provider.token()
  const first = await oidc.authenticate(token)
  expect(await oidc.authenticate(token)).toBe(first)
})

test.each([
  [{ groups: undefined }, []],
  [{ groups: null }, []],
  [{ groups: 'one' }, ['one']],
  [{ groups: ['a', 'b'] }, ['a', 'b']],
])('groups %o are %o', async (claims, groups) => {
  expect(await principalOf(claims)).toMatchObject({ groups })
})

test.each([
  [{ email: 'a b@example.com', preferred_username: 'ana' }, 'ana'],
  [{ email: 'a@b@c', preferred_username: undefined }, 'ana'],
  [{ email: 'ünï@example.com', preferred_username: 'x y' }, 'x y'],
  [{ email: 7 }, 'ana'],
])('the name of %o is %s', async (claims, name) => {
  expect(await principalOf(claims)).toMatchObject({
    name,
    email: null,
  })
})

test('a client acting for itself is a machine', async () => {
  expect(await principalOf({ sub: 'ci', client_id: 'ci' })).toMatchObject({ kind: 'machine' })
})
