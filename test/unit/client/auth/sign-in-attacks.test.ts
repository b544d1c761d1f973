import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { Configuration } from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listenForCallback } from '#client/auth/loopback-listener.ts'
import { discoverProvider, requirePkce } from '#client/auth/provider.ts'
import { signIn } from '#client/auth/sign-in.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'

/** A provider that does what an honest one would not. */
interface Rogue {
  readonly issuer: string
  metadata: Record<string, unknown>
  idToken: Record<string, unknown>
  /** Codes that were redeemed, with what came along. */
  readonly redeemed: URLSearchParams[]
}

let rogue: Rogue
let close: () => void
beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }
  const server = createServer(async (request, response) => {
    const json = (body: unknown) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    if (request.url === '/jwks') return json({ keys: [jwk] })
    if (request.url !== '/token') return json({ ...honestMetadata(rogue.issuer), ...rogue.metadata })
    let form = ''
    for await (const chunk of request) form += chunk
    rogue.redeemed.push(new URLSearchParams(form))
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: rogue.issuer,
      aud: 'jetway',
      sub: 'ana',
      iat: now,
      exp: now + 300,
      ...rogue.idToken,
    }
    const idToken = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(pair.privateKey)
    return json({ access_token: 'a', token_type: 'Bearer', expires_in: 300, id_token: idToken })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  rogue = { issuer, metadata: {}, idToken: {}, redeemed: [] }
  close = () => server.close().closeAllConnections()
})
afterAll(() => close())

function honestMetadata(issuer: string) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['plain', 'S256'],
    id_token_signing_alg_values_supported: ['ES256'],
  }
}

interface Attempt {
  readonly metadata?: Record<string, unknown>
  readonly idToken?: (asked: URLSearchParams) => Record<string, unknown>
  /** What comes back to the listener. */
  readonly callback?: (asked: URLSearchParams) => Record<string, string>
  readonly wished?: { acrValues: string | null; maxAge: number | null }
}

async function attempt({ metadata = {}, idToken, callback, wished }: Attempt) {
  rogue.metadata = metadata
  rogue.redeemed.length = 0
  const oidc: DiscoveryDocument['oidc'] = {
    issuer: rogue.issuer,
    clientId: 'jetway',
    scopes: ['openid'],
    resource: null,
    redirectPorts: null,
  }
  let answered: Promise<Response> | undefined
  const done = signIn({
    provider: await discoverProvider(oidc, null),
    oidc,
    key: null,
    wished: wished ? { loginHint: null, ...wished } : null,
    signal: new AbortController().signal,
    show(page) {
      if (page.kind !== 'browser') throw new Error('no browser')
      const asked = new URL(page.url).searchParams
      rogue.idToken = { nonce: asked.get('nonce'), ...idToken?.(asked) }
      const back = new URL(asked.get('redirect_uri') as string)
      back.search = new URLSearchParams({
        code: 'code',
        state: asked.get('state') as string,
        ...callback?.(asked),
      }).toString()
      answered = fetch(back)
    },
  })
  try {
    return await done
  } finally {
    await answered
  }
}

const unverified = {
  code: 'SIGN_IN_FAILED',
  message: 'The provider’s answer could not be verified.',
}
const tellsIssuer = { authorization_response_iss_parameter_supported: true }

test('the provider of these tests, as long as it is honest', async () => {
  expect(await attempt({})).toMatchObject({ accessToken: 'a', person: { subject: 'ana' } })
  const [form] = rogue.redeemed
  expect(form?.get('code_verifier')).toMatch(/^[\w-]{43}$/)
  const iss = () => ({ iss: rogue.issuer })
  expect(await attempt({ metadata: tellsIssuer, callback: iss })).toMatchObject({ accessToken: 'a' })
})

describe.each<[string, Attempt]>([
  ['a nonce of another sign-in', { idToken: () => ({ nonce: 'other' }) }],
  ['no nonce', { idToken: () => ({ nonce: undefined }) }],
  ['an ID token of another issuer', { idToken: () => ({ iss: 'https://evil.example' }) }],
  ['an ID token for another client', { idToken: () => ({ aud: 'another' }) }],
  ['one for several, and issued to another', { idToken: () => ({ aud: ['jetway', 'x'], azp: 'x' }) }],
  ['an ID token that has expired', { idToken: () => ({ exp: 1 }) }],
  [
    'a sign-in that is too old',
    { wished: { acrValues: null, maxAge: 60 }, idToken: () => ({ auth_time: 1 }) },
  ],
  ['one of unknown age', { wished: { acrValues: null, maxAge: 60 } }],
])('what the token endpoint says: %s', (_, what) => {
  test('is not believed', async () => {
    await expect(attempt(what)).rejects.toMatchObject(unverified)
  })
})

test('a weaker sign-in than was asked for is said to be that', async () => {
  const wished = { acrValues: 'mfa phr', maxAge: null }
  await expect(attempt({ wished, idToken: () => ({ acr: 'pwd' }) })).rejects.toMatchObject({
    code: 'SIGN_IN_FAILED',
    message: expect.stringContaining('as strongly as is asked for here (mfa phr)'),
  })
  expect(await attempt({ wished, idToken: () => ({ acr: 'phr' }) })).toMatchObject({ accessToken: 'a' })
})

describe.each<[string, Attempt]>([
  ['no issuer, where the provider says that it names itself', { metadata: tellsIssuer }],
  ['another issuer', { metadata: tellsIssuer, callback: () => ({ iss: 'https://evil.example' }) }],
  ['another issuer, where it does not', { callback: () => ({ iss: 'https://evil.example' }) }],
  ['a token instead of a code', { callback: () => ({ code: '', access_token: 'x', id_token: 'x' }) }],
])('what comes back to the listener: %s (RFC 9207)', (_, what) => {
  test('is refused before the code goes anywhere', async () => {
    await expect(attempt(what)).rejects.toMatchObject(unverified)
    expect(rogue.redeemed).toHaveLength(0)
  })
})

describe('PKCE downgrade', () => {
  test.each([[undefined], [[]], [['plain']]])(
    'a provider that offers %j gets no sign-in',
    async (methods) => {
      const refused = attempt({ metadata: { code_challenge_methods_supported: methods } })
      await expect(refused).rejects.toMatchObject({
        code: 'PKCE_UNSUPPORTED',
        message: expect.stringContaining(rogue.issuer),
      })
      expect(rogue.redeemed).toHaveLength(0)
    },
  )
})

test('the one provider that has PKCE and keeps silent about it is known by its name alone', () => {
  const provider = (issuer: string, methods?: string[]) =>
    new Configuration({ issuer, ...(methods && { code_challenge_methods_supported: methods }) }, 'jetway')
  requirePkce(provider('https://login.microsoftonline.com/tenant/v2.0'))
  for (const [issuer, methods] of [
    ['https://login.microsoftonline.com/tenant/v2.0', ['plain']],
    ['https://login.microsoftonline.com.evil.example/tenant/v2.0', undefined],
    ['https://evil.example/login.microsoftonline.com', undefined],
  ] as const)
    expect(() => requirePkce(provider(issuer, methods && [...methods]))).toThrow('PKCE')
})

test('metadata of another issuer are not taken', async () => {
  await expect(attempt({ metadata: { issuer: 'https://evil.example' } })).rejects.toMatchObject({
    code: 'PROVIDER_UNREACHABLE',
  })
})

describe('the listener', () => {
  const state = 'the-state'
  const ask = (port: number, head: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.end(`${head}\r\nConnection: close\r\n\r\n`))
      let text = ''
      socket.on('data', (bytes) => {
        text += bytes
      })
      socket.on('close', () => resolve(text)).on('error', reject)
    })

  test('takes the callback once: a replay finds nothing', async () => {
    const listener = await listenForCallback(null, state)
    const url = `${listener.redirectUri}?code=one&state=${state}`
    const first = fetch(url)
    const { url: got, answer } = await listener.callback
    expect(got.searchParams.get('code')).toBe('one')
    expect((await fetch(`${listener.redirectUri}?code=two&state=${state}`)).status).toBe(400)
    answer('signed-in')
    const shown = await first
    expect(shown.status).toBe(200)
    // Neither the code nor the state stays in the page.
    expect(await shown.text()).not.toMatch(/the-state|one</)
    expect(Object.fromEntries(shown.headers)).toMatchObject({
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    listener.close()
    await expect(fetch(url)).rejects.toThrow()
  })

  test.each([
    [
      'another host in an absolute target',
      (port: number) =>
        `GET http://evil.example:${port}/callback?code=x&state=${state} HTTP/1.1\r\nHost: evil.example`,
    ],
    [
      'another host that leads here',
      (port: number) => `GET /callback?code=x&state=${state} HTTP/1.1\r\nHost: evil.example:${port}`,
    ],
    [
      'a path that becomes the right one',
      (port: number) =>
        `GET //evil.example/callback?code=x&state=${state} HTTP/1.1\r\nHost: 127.0.0.1:${port}`,
    ],
    [
      'a path with dots',
      (port: number) => `GET /x/../callback?code=x&state=${state} HTTP/1.1\r\nHost: 127.0.0.1:${port}`,
    ],
    ['no state', (port: number) => `GET /callback?code=x HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
    [
      'the state of another sign-in',
      (port: number) => `GET /callback?code=x&state=other HTTP/1.1\r\nHost: 127.0.0.1:${port}`,
    ],
    [
      'two states',
      (port: number) => `GET /callback?code=x&state=${state}&state=other HTTP/1.1\r\nHost: 127.0.0.1:${port}`,
    ],
    ['no URL at all', (port: number) => `GET // HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
    [
      'the state in another place',
      (port: number) => `GET /callback?code=x#state=${state} HTTP/1.1\r\nHost: 127.0.0.1:${port}`,
    ],
  ])('%s: ignored, and the right one still counts', async (_, head) => {
    const listener = await listenForCallback(null, state)
    const port = Number(new URL(listener.redirectUri).port)
    expect(await ask(port, head(port))).toMatch(/^HTTP\/1\.1 400 /)
    const right = fetch(`${listener.redirectUri}?code=right&state=${state}`)
    const { url, answer } = await listener.callback
    expect(url.searchParams.get('code')).toBe('right')
    answer('signed-in')
    expect((await right).status).toBe(200)
    listener.close()
  })

  test('is at 127.0.0.1 alone, and at a registered port where there are any', async () => {
    const first = await listenForCallback(null, state)
    const port = Number(new URL(first.redirectUri).port)
    await expect(fetch(`http://[::1]:${port}/callback`)).rejects.toThrow()
    await expect(listenForCallback([port], state)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
    first.close()
  })
})
