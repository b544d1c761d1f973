import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { DpopKey } from '#client/auth/dpop-key.ts'
import { dialWebSocket } from '#client/carriers/websocket.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { type CutProxy, startCutProxy } from '../../support/cut-proxy.ts'
import { eventually } from '../../support/eventually.ts'
import { openTunnelBy } from '../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'

/** A relay that takes bound tokens only, a client's own end of a tunnel, and a network between them that breaks. */
let provider: TokenProvider
let relay: OwnRelay
let proxy: CutProxy
let key: DpopKey
let other: DpopKey
beforeAll(async () => {
  provider = await startTokenProvider()
  relay = await startOwnRelay(provider.issuer, {
    services: { echo: { type: 'tcp', address: '127.0.0.1:9', localPort: 9 } },
    policy: { contact: 'Ask us.', grants: [] },
    identity: { dpop: { required: true } },
  })
  proxy = await startCutProxy(relay.port)
  // Proofs are for the URL that clients know.
  await relay.reloadWith({ publicUrl: `http://127.0.0.1:${proxy.port}` })
  ;[key, other] = await Promise.all([newKey(), newKey()])
})
afterAll(async () => {
  await relay?.close()
  await proxy?.close()
  await provider?.close()
})

const newKey = async () => (await DpopKey.from(await DpopKey.generate())) as DpopKey
const boundTo = (by: DpopKey) => provider.token({ cnf: { jkt: by.thumbprint } })
interface Presented {
  token: string
  key: DpopKey | null
}

/** @param present what a carrier is opened with, each time anew */
async function open(present: () => Promise<Presented>): Promise<Tunnel> {
  const carrierUrl = `ws://127.0.0.1:${proxy.port}/tunnel`
  const tunnel = await openTunnelBy(async (o) => {
    const { token, key: by } = await present()
    return dialWebSocket({ ...o, carrierUrl, ca: null, accessToken: token, key: by })
  })
  onTestFinished(() => tunnel.close())
  return tunnel
}
const own = async () => ({ token: await boundTo(key), key })
const records = async (verb: string) => (await relay.records()).filter((record) => record.verb === verb)

test('a session begins with a proof and resumes with another one; the nonce on the way is no refusal', async () => {
  const fresh = await newKey()
  const tunnel = await open(async () => ({ token: await boundTo(fresh), key: fresh }))
  const before = (await records('session.resume')).length
  proxy.cut('reset')
  await eventually('the resume', async () => (await records('session.resume')).length > before)
  await eventually('the client to know', async () => tunnel.isAttached)
  expect(await records('session.refuse')).toEqual([])
})

test.each<[string, () => Promise<Presented>]>([
  ['as a bearer token', async () => ({ token: await boundTo(key), key: null })],
  ['with another key', async () => ({ token: await boundTo(key), key: other })],
  ['that is bound to no key', async () => ({ token: await provider.token(), key: null })],
  ['that is bound to no key, with a proof', async () => ({ token: await provider.token(), key: other })],
])('a token %s opens nothing, and that is in the audit', async (_what, present) => {
  const before = (await records('session.refuse')).length
  await expect(open(present)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  const refused = await eventually(
    'the record',
    async () => (await records('session.refuse'))[before] ?? null,
  )
  expect(refused).toMatchObject({ decision: { effect: 'deny', code: 'UNAUTHENTICATED' } })
})

test('a session resumes for no other key of the same person', async () => {
  let now = key
  const tunnel = await open(async () => ({ token: await boundTo(now), key: now }))
  now = other
  proxy.cut('reset')
  expect(await tunnel.closed).toMatchObject({ code: 'SESSION_LOST' })
})

test('a new token in the session has to be bound to its key', async () => {
  const tunnel = await open(own)
  const exp = Math.floor(Date.now() / 1000) + 200
  expect(await tunnel.authenticate(await provider.token({ exp, cnf: { jkt: key.thumbprint } }))).toBe(exp)
  await expect(tunnel.authenticate(await boundTo(other))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  expect(await tunnel.closed).toMatchObject({ code: 'UNAUTHENTICATED' })
})

test('a new token in the session that is bound to no key ends it', async () => {
  const tunnel = await open(own)
  await expect(tunnel.authenticate(await provider.token())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})
