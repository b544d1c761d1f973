import { decodeJwt } from 'jose'
import { refreshTokenGrant } from 'openid-client'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Credentials } from '#client/auth/credentials.ts'
import { DpopKey } from '#client/auth/dpop-key.ts'
import { discoverProvider, keyOption, type Oidc, oidcOf } from '#client/auth/provider.ts'
import { memoryStore } from '#client/auth/token-store.ts'
import { dialWebSocket } from '#client/carriers/websocket.ts'
import { discover } from '#client/discovery.ts'
import { openSignedInTunnel } from '#client/engine/signed-in-tunnel.ts'
import {
  audience,
  clientId,
  type DemoProvider,
  scopes,
  startProvider,
} from '../../../../demo/provider/provider.ts'
import { signInOverHttp } from '../../../../demo/sign-in-over-http.ts'
import { openTunnelBy } from '../../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'

/** A real OpenID provider that binds tokens and wants nonces, a relay that takes no others, and the client's own sign-in. */
const account = 'https://relay.example.com'
let provider: DemoProvider
let relay: OwnRelay
let oidc: Oidc
/** Binds nothing. */
let plain: TokenProvider
beforeAll(async () => {
  plain = await startTokenProvider()
  provider = await startProvider({ port: 0, accessTokenSeconds: 300 })
  relay = await startOwnRelay(provider.issuer, {
    services: { echo: { type: 'tcp', address: '127.0.0.1:9', localPort: 9 } },
    policy: { contact: 'Ask us.', grants: [] },
    identity: {
      oidc: { issuer: provider.issuer, clientId, audience, scopes, resource: audience },
      dpop: { required: true },
    },
  })
  oidc = oidcOf(await discover(relay.url, null))
})
afterAll(async () => {
  await relay?.close()
  await provider?.close()
  await plain?.close()
})

const credentialsIn = (store = memoryStore(null)) => new Credentials({ environment: 'test', account, store })
async function signedIn(store = memoryStore(null), to: Oidc = oidc): Promise<Credentials> {
  const credentials = credentialsIn(store)
  let browsing: Promise<unknown> = Promise.resolve()
  await credentials.signIn(to, null, {
    device: false,
    wished: null,
    same: false,
    signal: new AbortController().signal,
    show: (page) => {
      browsing = signInOverHttp(page.kind === 'browser' ? page.url : '', 'ana')
    },
  })
  await browsing
  return credentials
}
const newKey = async () => (await DpopKey.from(await DpopKey.generate())) as DpopKey
const dial = (token: string, key: DpopKey | null) =>
  openTunnelBy((o) =>
    dialWebSocket({ ...o, carrierUrl: relay.carrierUrl, ca: null, accessToken: token, key }),
  )
const jktOf = (token: string) => (decodeJwt(token).cnf as { jkt?: string } | undefined)?.jkt

test('the relay says that tokens have to be bound', () => {
  expect(oidc.dpop).toBe('required')
})

test('a sign-in is bound to a key, and so is what renews it, also after a restart', async () => {
  const store = memoryStore(null)
  const first = await signedIn(store)
  const one = await first.accessToken(oidc, null)
  expect(one.key?.thumbprint).toBe(jktOf(one.token))
  const two = await first.accessToken(oidc, null, one.token)
  const later = credentialsIn(store)
  await later.load()
  const three = await later.accessToken(oidc, null)
  expect([two, three].map(({ token, key }) => [jktOf(token), key?.thumbprint])).toEqual([
    [one.key?.thumbprint, one.key?.thumbprint],
    [one.key?.thumbprint, one.key?.thumbprint],
  ])
  expect(new Set([one.token, two.token, three.token]).size).toBe(3)
})

test('the engine opens a tunnel with it, and hands over the next token in it', async () => {
  const credentials = await signedIn()
  const { tunnel } = await openSignedInTunnel(
    {
      carrierUrl: relay.carrierUrl,
      ca: null,
      accessToken: (unlike) => credentials.accessToken(oidc, null, unlike),
      services: [],
      listener: { onInterrupted() {}, onResumed() {}, onLeaving() {}, onChallenge() {} },
    },
    new AbortController().signal,
  )
  onTestFinished(() => tunnel.close())
  const { token } = await credentials.accessToken(oidc, null)
  const next = await credentials.accessToken(oidc, null, token)
  expect(await tunnel.authenticate(next.token)).toBe(decodeJwt(next.token).exp)
})

test('an access token that was stolen opens nothing', async () => {
  const { token, key } = await (await signedIn()).accessToken(oidc, null)
  for (const thief of [null, await newKey()])
    await expect(dial(token, thief)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  ;(await dial(token, key)).close()
})

test('a refresh token that was stolen gives nothing, and its owner goes on', async () => {
  const store = memoryStore(null)
  const owner = await signedIn(store)
  const { refreshToken } = JSON.parse((await store.get(account)) as string)
  const configuration = await discoverProvider(oidc, null)
  for (const thief of [null, await newKey()]) {
    const stolen = refreshTokenGrant(
      configuration,
      refreshToken,
      { resource: audience },
      keyOption(configuration, thief),
    )
    await expect(stolen).rejects.toMatchObject({ status: 400 })
  }
  const { token } = await owner.accessToken(oidc, null)
  expect((await owner.accessToken(oidc, null, token)).token).not.toBe(token)
})

test('what was kept without its key is no sign-in', async () => {
  const store = memoryStore(null)
  await signedIn(store)
  await store.delete(`${account}#dpop-key`)
  const later = credentialsIn(store)
  await later.load()
  await expect(later.accessToken(oidc, null)).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
})

test('signing out leaves no key; signing in again makes another', async () => {
  const store = memoryStore(null)
  const credentials = await signedIn(store)
  const before = await credentials.accessToken(oidc, null)
  await credentials.signOut(null)
  expect(await store.get(`${account}#dpop-key`)).toBeNull()
  const after = await (await signedIn(store)).accessToken(oidc, null)
  expect(after.key?.thumbprint).not.toBe(before.key?.thumbprint)
})

test('a sign-in that nobody finishes leaves no key', async () => {
  const store = memoryStore(null)
  const credentials = credentialsIn(store)
  const signal = AbortSignal.abort()
  await expect(
    credentials.signIn(oidc, null, { device: false, wished: null, same: false, signal, show: () => {} }),
  ).rejects.toMatchObject({ code: 'SIGN_IN_CANCELLED' })
  expect(await store.get(`${account}#dpop-key`)).toBeNull()
})

describe('a store that answers only later', () => {
  test('what it kept counts where nobody has signed in since, with its key', async () => {
    const store = memoryStore(null)
    const before = await (await signedIn(store)).accessToken(oidc, null)
    const later = credentialsIn(store)
    expect(later.signedIn).toBe(false)
    await later.restore()
    const after = await later.accessToken(oidc, null)
    expect(after.key?.thumbprint).toBe(before.key?.thumbprint)
  })

  test('a sign-in that was made since stays', async () => {
    const store = memoryStore(null)
    await signedIn(store)
    const later = await signedIn(memoryStore(null))
    const { token, key } = await later.accessToken(oidc, null)
    await later.restore()
    const renewed = await later.accessToken(oidc, null, token)
    expect(renewed.key?.thumbprint).toBe(key?.thumbprint)
  })

  test('one that is being made stays, with its own key, also after a restart', async () => {
    const store = memoryStore(null)
    const before = await (await signedIn(store)).accessToken(oidc, null)
    const later = credentialsIn(store)
    await later.signIn(oidc, null, {
      device: false,
      wished: null,
      same: false,
      signal: new AbortController().signal,
      show: (page) => {
        void later.restore().then(() => signInOverHttp(page.kind === 'browser' ? page.url : '', 'ana'))
      },
    })
    const { token, key } = await later.accessToken(oidc, null)
    expect(key?.thumbprint).not.toBe(before.key?.thumbprint)
    const renewed = await later.accessToken(oidc, null, token)
    expect(renewed.key?.thumbprint).toBe(key?.thumbprint)
    const restarted = credentialsIn(store)
    await restarted.load()
    expect((await restarted.accessToken(oidc, null)).key?.thumbprint).toBe(key?.thumbprint)
  })

  test('who has signed out since is out', async () => {
    const store = memoryStore(null)
    await signedIn(store)
    const later = credentialsIn(memoryStore(null))
    await later.signOut(null)
    await later.restore()
    expect(later.signedIn).toBe(false)
  })
})

test('for a relay that takes no bound tokens the sign-in is not bound', async () => {
  const { dpop: _, ...older } = oidc
  const { token, key } = await (await signedIn(memoryStore(null), older)).accessToken(older, null)
  expect([key, jktOf(token)]).toEqual([null, undefined])
})

test('a sign-in that is not bound does not do where it has to be', async () => {
  const store = memoryStore(null)
  const { dpop: _, ...older } = oidc
  await signedIn(store, older)
  const later = credentialsIn(store)
  await later.load()
  await expect(later.accessToken(oidc, null)).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
})

test('a provider that binds nothing is said where tokens have to be bound, before anyone signs in', async () => {
  await expect(signedIn(memoryStore(null), { ...oidc, issuer: plain.issuer })).rejects.toMatchObject({
    code: 'DPOP_UNSUPPORTED',
  })
})
