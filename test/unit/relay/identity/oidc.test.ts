import { createSign, generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { oidcConfig } from '#shared/config/identity/oidc.ts'
import { createOidcAuthenticator } from '../../../../relay/identity/oidc.ts'
import { tokenAttacks } from '../../../support/attacks/tokens.ts'
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

/** Through a whole relay: see test/unit/relay/attacks.test.ts. */
test.each(tokenAttacks)(
  'a token %s is refused, with the reason in the cause alone',
  async (_what, make, code = 'UNAUTHENTICATED') => {
    const error = await authenticator()
      .authenticate(await make(provider))
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
