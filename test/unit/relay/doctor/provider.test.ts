import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { audience, clientId, scopes, startProvider } from '../../../../demo/provider/provider.ts'
import { complaints, examined } from '../../../support/doctor.ts'

const es256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
const rsa = (modulusLength: number, publicExponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' })

interface Broken {
  readonly metadata?: object
  readonly keys?: unknown
  readonly status?: number
  readonly body?: string
  /** How far its clock is ahead, in seconds. */
  readonly aheadSeconds?: number
}

/** A provider that is whole but for what is given. */
async function providerWith(o: Broken): Promise<string> {
  const server = createServer((request, response) => {
    const issuer = `http://${request.headers.host}`
    response.setHeader('date', new Date(Date.now() + (o.aheadSeconds ?? 0) * 1000).toUTCString())
    if (request.url === '/jwks') {
      response.end(JSON.stringify(o.keys ?? { keys: [{ ...es256, kid: 'one', use: 'sig' }] }))
      return
    }
    response.writeHead(o.status ?? 200).end(
      o.body ??
        JSON.stringify({
          issuer,
          authorization_endpoint: `${issuer}/auth`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          device_authorization_endpoint: `${issuer}/device`,
          revocation_endpoint: `${issuer}/revoke`,
          end_session_endpoint: `${issuer}/end`,
          code_challenge_methods_supported: ['S256'],
          dpop_signing_alg_values_supported: ['ES256'],
          response_types_supported: ['code'],
          grant_types_supported: ['authorization_code', 'refresh_token'],
          scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
          claims_supported: ['sub', 'groups'],
          ...o.metadata,
        }),
    )
  })
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const identityOf = (issuer: string, more: object = {}) => ({
  oidc: { issuer, audience, clientId: 'jetway', ...more },
})
const withBroken = async (o: Broken, more: object = {}) => examined(identityOf(await providerWith(o), more))

test('a real provider has what it takes', async () => {
  const provider = await startProvider({ port: 0, accessTokenSeconds: 60 })
  onTestFinished(() => provider.close())
  const found = await examined({ oidc: { issuer: provider.issuer, clientId, audience, scopes } })
  expect(complaints(found)).toEqual([])
  const ok = found.filter(({ level }) => level === 'ok').map(({ check }) => check)
  expect(ok).toEqual(
    expect.arrayContaining(['discovery', 'issuer', 'clock', 'keys', 'pkce', 'revocation', 'logout']),
  )
})

test('one that is whole has no complaint and no note but that of the redirects', async () => {
  const found = await withBroken({})
  expect(found.filter(({ level }) => level !== 'ok').map(({ check }) => check)).toEqual(['redirects'])
})

const broken: [string, Broken, string[], RegExp][] = [
  ['that fails', { status: 503 }, ['fault discovery'], /status 503/],
  ['that is no provider', { body: '<html>' }, ['fault discovery'], /cannot be read/],
  ['whose metadata are none', { body: '[]' }, ['fault discovery'], /holds no metadata/],
  [
    'of another name',
    { metadata: { issuer: 'https://other.example/' } },
    ['fault issuer'],
    /"https:\/\/other/,
  ],
  ['without a token endpoint', { metadata: { token_endpoint: undefined } }, ['fault endpoints'], /token_end/],
  ['with one that is no URL', { metadata: { token_endpoint: 'x' } }, ['fault endpoints'], /not on https/],
  [
    'without PKCE S256',
    { metadata: { code_challenge_methods_supported: ['plain'] } },
    ['fault pkce'],
    /S256/,
  ],
  ['without the code flow', { metadata: { response_types_supported: ['token'] } }, ['fault flow'], /code/],
  [
    'without refresh tokens',
    { metadata: { grant_types_supported: ['authorization_code'] } },
    ['warning refresh'],
    /sign in again/,
  ],
  ['without a scope', { metadata: { scopes_supported: ['openid'] } }, ['warning scopes'], /offline_access/],
  ['without keys', { keys: { keys: [] } }, ['fault algorithms'], /nothing that is known/],
  ['whose keys are none', { keys: 'x' }, ['fault keys'], /no set of keys/],
  ['with a secret as a key', { keys: { keys: [{ kty: 'oct', k: 'AA' }, es256] } }, ['fault keys'], /secret/],
  [
    'with a short key alone',
    { keys: { keys: [rsa(1024)] } },
    ['fault keys', 'fault algorithms'],
    /RSA of 1024 bits/,
  ],
  [
    'with a short key',
    {
      keys: {
        keys: [
          { ...rsa(1024), kid: 'b' },
          { ...es256, kid: 'a' },
        ],
      },
    },
    ['warning keys'],
    /1024/,
  ],
  [
    'with a small exponent',
    {
      keys: {
        keys: [
          { ...rsa(2048, 3), kid: 'b' },
          { ...es256, kid: 'a' },
        ],
      },
    },
    ['warning keys'],
    /exponent 3/,
  ],
  ['with keys without ids', { keys: { keys: [es256, rsa(2048)] } }, ['warning keys'], /have an id/],
  [
    'whose clock is ahead',
    { aheadSeconds: 600 },
    ['fault clock'],
    /600 s behind the provider’s|599 s behind/,
  ],
  ['whose clock is behind', { aheadSeconds: -600 }, ['fault clock'], /(600|601) s ahead of the provider’s/],
  ['whose clock is a little off', { aheadSeconds: 15 }, ['warning clock'], /1[45] s behind/],
]
test.each(broken)('a provider %s is told', async (_what, how, expected, words) => {
  const found = await withBroken(how)
  expect(complaints(found)).toEqual(expected)
  const fault = found.find(({ level }) => level === 'fault' || level === 'warning')
  expect(fault?.what).toMatch(words)
})

test('keys for algorithms that are not accepted are told', async () => {
  const found = await withBroken({}, { algorithms: ['RS256'] })
  expect(found.find(({ level }) => level === 'fault')).toMatchObject({
    check: 'algorithms',
    what: expect.stringContaining('sign ES256; accepted is RS256'),
  })
})

test('a provider that is not there is told with the reason', async () => {
  const found = await examined(identityOf('http://127.0.0.1:1'))
  expect(found).toHaveLength(1)
  expect(found[0]).toMatchObject({ level: 'fault', check: 'discovery' })
  expect(found[0]?.what).toMatch(/cannot be read \(.+\)/)
})

test('the redirect URIs to register are named', async () => {
  const found = await withBroken({}, { redirectPorts: [18_400, 18_401] })
  expect(found.find(({ check }) => check === 'redirects')?.what).toContain(
    'http://127.0.0.1:18400/callback http://127.0.0.1:18401/callback',
  )
})

test('what a peer says is shown short and without control characters', async () => {
  const found = await withBroken({ metadata: { issuer: `\u001b[31m${'x'.repeat(5000)}` } })
  const { what } = found.find(({ check }) => check === 'issuer') ?? { what: '' }
  expect(what).not.toContain('\u001b')
  expect(what.length).toBeLessThan(500)
})

test('a provider that binds no tokens is told where they have to be', async () => {
  const issuer = await providerWith({ metadata: { dpop_signing_alg_values_supported: ['RS256'] } })
  expect(complaints(await examined(identityOf(issuer)))).toEqual([])
  const strict = { ...identityOf(issuer), dpop: { required: true } }
  expect(complaints(await examined(strict))).toEqual(['fault dpop'])
})
