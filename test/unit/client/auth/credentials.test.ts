import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Credentials } from '#client/auth/credentials.ts'
import { resourceParameter } from '#client/auth/provider.ts'
import { openTokenFile } from '#client/auth/token-file.ts'
import { memoryStore, type TokenStore } from '#client/auth/token-store.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import {
  audience,
  clientId,
  type DemoProvider,
  scopes,
  startProvider,
} from '../../../../demo/provider/provider.ts'
import { signInOverHttp } from '../../../../demo/sign-in-over-http.ts'
import { signInAs } from '../../../support/sign-in-as.ts'

/** Against a real OpenID provider, with its login page. */
let provider: DemoProvider
let oidc: DiscoveryDocument['oidc']
beforeAll(async () => {
  provider = await startProvider({ port: 0, accessTokenSeconds: 300 })
  oidc = { issuer: provider.issuer, clientId, scopes, resource: audience, redirectPorts: null }
})
afterAll(() => provider.close())

const newCredentials = (store: TokenStore = memoryStore(null)) =>
  new Credentials({ environment: 'test', account: 'https://relay.example.com', store })
const plain = { device: false, wished: null, same: false }
const never = () => new AbortController().signal
const signIn = (credentials: Credentials, browse: (url: string) => Promise<unknown>, signal = never()) => {
  let browsing: Promise<unknown> = Promise.resolve()
  return credentials
    .signIn(oidc, null, {
      ...plain,
      signal,
      show: (page) => {
        browsing = browse(page.kind === 'browser' ? page.url : (page.verificationUriComplete ?? ''))
      },
    })
    .finally(() => browsing)
}
const asAna = (url: string) => signInOverHttp(url, 'ana')

test('signs in with PKCE, state and nonce, and knows who it is', async () => {
  const credentials = newCredentials()
  let asked = new URL('http://x')
  await signIn(credentials, (url) => {
    asked = new URL(url)
    return asAna(url)
  })
  expect(Object.fromEntries(asked.searchParams)).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    state: expect.any(String),
    nonce: expect.any(String),
    resource: audience,
    redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/),
  })
  expect(credentials.signedIn).toBe(true)
  expect(credentials.person).toEqual({ subject: 'ana', name: 'Ana', email: 'ana@example.com' })
  const { token } = await credentials.accessToken(oidc, null)
  expect(token.split('.')).toHaveLength(3)
})

test('after the relay has ended a sign-in nothing of it is left', async () => {
  const credentials = newCredentials()
  await signIn(credentials, asAna)
  await credentials.ended()
  expect(credentials.signedIn).toBe(false)
  await expect(credentials.accessToken(oidc, null)).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
})

test('however many ask, the provider is asked once, and the rotated refresh token is kept', async () => {
  const store = memoryStore(null)
  const credentials = newCredentials(store)
  await signIn(credentials, asAna)
  const { token } = await credentials.accessToken(oidc, null)
  const before = await store.get('https://relay.example.com')
  const renewed = await Promise.all(
    Array.from({ length: 20 }, () => credentials.accessToken(oidc, null, token)),
  )
  expect(new Set(renewed.map((r) => r.token)).size).toBe(1)
  expect(renewed[0]?.token).not.toBe(token)
  expect(await store.get('https://relay.example.com')).not.toBe(before)
  // A second process that starts from what was kept
  const later = newCredentials(store)
  await later.load()
  expect(later.person).toMatchObject({ subject: 'ana' })
  expect((await later.accessToken(oidc, null)).token).toBeTruthy()
})

test('signing out forgets here and revokes there', async () => {
  const store = memoryStore(null)
  const credentials = newCredentials(store)
  await signIn(credentials, asAna)
  const kept = (await store.get('https://relay.example.com')) as string
  await credentials.signOut(null)
  expect([credentials.signedIn, credentials.person, await store.get('https://relay.example.com')]).toEqual([
    false,
    null,
    null,
  ])
  await store.set('https://relay.example.com', kept)
  const thief = newCredentials(store)
  await thief.load()
  await expect(thief.accessToken(oidc, null)).rejects.toMatchObject({ code: 'SIGN_IN_ENDED' })
  await expect(thief.accessToken(oidc, null)).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
  expect(await store.get('https://relay.example.com')).toBeNull()
})

test('nobody signed in: said, not tried', async () => {
  await expect(newCredentials().accessToken(oidc, null)).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
})

test('what was kept and cannot be read counts as not signed in', async () => {
  const store = memoryStore(null)
  await store.set('https://relay.example.com', '{"version":9')
  const credentials = newCredentials(store)
  await credentials.load()
  expect(credentials.signedIn).toBe(false)
})

describe('what comes back to the listener', () => {
  const callbackOf = (url: string) => new URL(new URL(url).searchParams.get('redirect_uri') as string)

  test('another state, method or path changes nothing; the right one still works', async () => {
    await signIn(newCredentials(), async (url) => {
      const callback = callbackOf(url)
      for (const target of [
        `${callback}?code=x&state=forged`,
        `${callback}?code=x`,
        `${callback.origin}/other`,
      ]) {
        const response = await fetch(target)
        expect(response.status).toBe(400)
        expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
      }
      const state = new URL(url).searchParams.get('state')
      expect((await fetch(`${callback}?code=x&state=${state}`, { method: 'POST' })).status).toBe(400)
      await asAna(url)
    })
  })

  test('a refusal of the provider is said in its words', async () => {
    const refused = signIn(newCredentials(), async (url) => {
      const callback = callbackOf(url)
      callback.search = new URLSearchParams({
        error: 'access_denied',
        error_description: 'Not in this company',
        state: new URL(url).searchParams.get('state') as string,
        iss: provider.issuer,
      }).toString()
      expect((await fetch(callback)).status).toBe(400)
    })
    await expect(refused).rejects.toMatchObject({
      code: 'SIGN_IN_REFUSED',
      params: { reason: 'Not in this company' },
    })
  })

  test('a code that is not the provider’s is worth nothing', async () => {
    const failed = signIn(newCredentials(), async (url) => {
      const callback = callbackOf(url)
      callback.search = new URLSearchParams({
        code: 'made-up',
        state: new URL(url).searchParams.get('state') as string,
        iss: provider.issuer,
      }).toString()
      await fetch(callback)
    })
    await expect(failed).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
  })

  test('the answer of another issuer is not believed (RFC 9207)', async () => {
    const failed = signIn(newCredentials(), async (url) => {
      const callback = callbackOf(url)
      callback.search = new URLSearchParams({
        code: 'x',
        state: new URL(url).searchParams.get('state') as string,
        iss: 'https://evil.example',
      }).toString()
      await fetch(callback)
    })
    await expect(failed).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
  })

  test('cancelling ends it', async () => {
    const controller = new AbortController()
    const cancelled = signIn(newCredentials(), async () => controller.abort(), controller.signal)
    await expect(cancelled).rejects.toMatchObject({ code: 'SIGN_IN_CANCELLED' })
  })
})

test('a provider that is not there', async () => {
  const gone = { ...oidc, issuer: 'http://127.0.0.1:9' }
  const attempt = newCredentials().signIn(gone, null, { ...plain, show() {}, signal: never() })
  await expect(attempt).rejects.toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
})

describe('the encrypted file', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokens-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('keeps secrets for the right passphrase, and shows nothing', async () => {
    const path = join(folder, 'tokens.json')
    await (await openTokenFile(path, 'correct horse')).set('a', 'very-secret')
    const text = await readFile(path, 'utf8')
    expect(text).not.toContain('very-secret')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const again = await openTokenFile(path, 'correct horse')
    expect([again.kind, await again.get('a'), await again.get('b')]).toEqual(['file', 'very-secret', null])
    await again.delete('a')
    expect(await (await openTokenFile(path, 'correct horse')).get('a')).toBeNull()
  })

  test('does not open with another passphrase, nor after a change', async () => {
    const path = join(folder, 'changed.json')
    await (await openTokenFile(path, 'one')).set('a', 's')
    await expect(openTokenFile(path, 'two')).rejects.toMatchObject({ code: 'TOKEN_FILE_LOCKED' })
    const { writeFile } = await import('node:fs/promises')
    for (const change of [(t: string) => t.replace(/"data":"./, '"data":"A'), () => '{}', () => 'x']) {
      const text = await readFile(path, 'utf8')
      await writeFile(path, change(text))
      await expect(openTokenFile(path, 'one')).rejects.toMatchObject({ code: 'TOKEN_FILE_LOCKED' })
      await writeFile(path, text)
    }
  })
})

test('while the clock is wrong nobody is signed out, and it is said', async () => {
  const own = await startProvider({ port: 0, accessTokenSeconds: 300 })
  const credentials = newCredentials()
  const ofOwn = { ...oidc, issuer: own.issuer }
  await credentials.signIn(ofOwn, null, signInAs('ana'))
  const { token } = await credentials.accessToken(ofOwn, null)
  await own.close()
  // In its place one that refuses everything, ten minutes from now.
  const server = createServer((_request, response) => {
    response.setHeader('date', new Date(Date.now() + 600_000).toUTCString())
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_dpop_proof"}')
  })
  server.listen(Number(new URL(own.issuer).port), '127.0.0.1')
  await once(server, 'listening')
  try {
    await expect(credentials.accessToken(ofOwn, null, token)).rejects.toMatchObject({
      code: 'CLOCK_SKEW',
      message: expect.stringContaining('This machine’s clock is 10 minutes behind the provider’s'),
    })
    expect(credentials.signedIn).toBe(true)
  } finally {
    server.close()
    server.closeAllConnections()
  }
})

test('the resource is asked for by the name that the provider has for it', () => {
  expect(resourceParameter(oidc)).toEqual({ resource: audience })
  expect(resourceParameter({ ...oidc, resourceParameter: 'audience' })).toEqual({ audience })
  expect(resourceParameter({ ...oidc, resource: null })).toEqual({})
})
