import { decodeJwt } from 'jose'
import { refreshTokenGrant } from 'openid-client'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { Credentials } from '#client/auth/credentials.ts'
import { DpopKey } from '#client/auth/dpop-key.ts'
import { discoverProvider, keyOption, type Oidc, oidcOf } from '#client/auth/provider.ts'
import { memoryStore } from '#client/auth/token-store.ts'
import { dialWebSocket } from '#client/carriers/websocket.ts'
import { discover } from '#client/discovery.ts'
import { openSignedInTunnel } from '#client/engine/signed-in-tunnel.ts'
import { signInOverHttp } from '../../demo/sign-in-over-http.ts'
import { type CutProxy, startCutProxy } from '../support/cut-proxy.ts'
import { eventually } from '../support/eventually.ts'
import { ownRealm } from '../support/keycloak/own-realm.ts'
import { clientId } from '../support/keycloak/realm.ts'
import type { Realm } from '../support/keycloak/realms.ts'
import { openTunnelBy } from '../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../support/own-relay.ts'
import { audience } from '../support/token-provider.ts'

/** A person at Keycloak, whose tokens are bound to the client's key, and a relay that takes no others. */
const account = 'https://relay.example.com'
let realm: Realm
let relay: OwnRelay
let proxy: CutProxy
let carrierUrl: string
let oidc: Oidc
beforeAll(async () => {
  realm = await ownRealm()
  relay = await startOwnRelay(realm.issuer, {
    services: { echo: { type: 'tcp', address: '127.0.0.1:9', localPort: 9 } },
    policy: { contact: 'Ask us.', grants: [] },
    identity: {
      oidc: { issuer: realm.issuer, clientId, audience, tokenTypes: ['JWT'], scopes: ['openid'] },
      dpop: { required: true },
    },
  })
  proxy = await startCutProxy(relay.port)
  carrierUrl = `ws://127.0.0.1:${proxy.port}/tunnel`
  // Proofs are for the URL that clients know.
  await relay.reloadWith({ publicUrl: `http://127.0.0.1:${proxy.port}` })
  oidc = oidcOf(await discover(`http://127.0.0.1:${proxy.port}`, null))
})
afterAll(async () => {
  await relay?.close()
  await proxy?.close()
  await realm?.remove()
})

async function ana(store = memoryStore(null)): Promise<Credentials> {
  const credentials = new Credentials({ environment: 'test', account, store })
  await credentials.signIn(oidc, null, {
    device: false,
    wished: null,
    same: false,
    signal: AbortSignal.timeout(30_000),
    show: (page) => void (page.kind === 'browser' && signInOverHttp(page.url, 'ana')),
  })
  return credentials
}
const newKey = async () => (await DpopKey.from(await DpopKey.generate())) as DpopKey
const records = async (verb: string) => (await relay.records()).filter((record) => record.verb === verb)

test('signed in, a tunnel is opened with a proof, resumed with another, and goes on with the next token', async () => {
  const credentials = await ana()
  const { tunnel } = await openSignedInTunnel(
    {
      carrierUrl,
      ca: null,
      accessToken: (unlike) => credentials.accessToken(oidc, null, unlike),
      services: [],
      listener: { onInterrupted() {}, onResumed() {}, onLeaving() {}, onChallenge() {} },
    },
    new AbortController().signal,
  )
  onTestFinished(() => tunnel.close())
  proxy.cut('reset')
  await eventually('the resume', async () => (await records('session.resume')).length > 0)
  await eventually('the client to know', async () => tunnel.isAttached)
  const { token, key } = await credentials.accessToken(oidc, null)
  expect(decodeJwt(token).cnf).toMatchObject({ jkt: key?.thumbprint })
  const next = await credentials.accessToken(oidc, null, token)
  expect(next.token).not.toBe(token)
  expect(await tunnel.authenticate(next.token)).toBe(decodeJwt(next.token).exp)
  expect(await records('session.refuse')).toEqual([])
})

test('an access token that was stolen opens nothing without the key', async () => {
  const { token, key } = await (await ana()).accessToken(oidc, null)
  const openWith = (by: DpopKey | null) =>
    openTunnelBy((o) => dialWebSocket({ ...o, carrierUrl, ca: null, accessToken: token, key: by }))
  for (const thief of [null, await newKey()])
    await expect(openWith(thief)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  const tunnel = await openWith(key)
  tunnel.close()
})

test('a refresh token that was stolen gives nothing without the key, and its owner goes on', async () => {
  const store = memoryStore(null)
  const owner = await ana(store)
  const { refreshToken } = JSON.parse((await store.get(account)) as string)
  const keycloak = await discoverProvider(oidc, null)
  for (const key of [null, await newKey()]) {
    const stolen = refreshTokenGrant(keycloak, refreshToken, {}, keyOption(keycloak, key))
    await expect(stolen).rejects.toMatchObject({ status: 400 })
  }
  const { token } = await owner.accessToken(oidc, null)
  expect((await owner.accessToken(oidc, null, token)).token).not.toBe(token)
})
