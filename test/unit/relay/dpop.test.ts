import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DpopKey, makeDpopKey } from '../../support/dpop-key.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

/** Direct HTTP with tokens that are bound to a key. */
const path = '/api/v2/dags'
let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let key: DpopKey
let token: string
let seen: IncomingMessage['headers'] | null = null
beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  upstream.answer = (asked, response) => {
    seen = asked.headers
    response.end('{"dags":[]}')
  }
  relay = await startOwnRelay(provider.issuer, {
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    direct: 'airflow',
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'viewer' }] },
  })
  key = await makeDpopKey()
  token = await provider.token({ cnf: { jkt: key.thumbprint } })
})
afterAll(async () => {
  await relay?.close()
  upstream?.close()
  await provider?.close()
})

async function ask(...headers: string[]): Promise<IncomingMessage> {
  seen = null
  const asked = request(`${relay.url}${path}?limit=1`, {
    headers: ['host', `127.0.0.1:${relay.port}`, ...headers],
  })
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  response.resume()
  await once(response, 'end')
  return response
}
const proof = (nonce?: string) => key.proof({ method: 'GET', url: `${relay.url}${path}`, token, nonce })
async function nonce(): Promise<string> {
  const { headers } = await ask('authorization', `DPoP ${token}`, 'dpop', await proof())
  return headers['dpop-nonce'] as string
}

test('the relay tells the nonce, and takes a proof with it; the upstream sees nothing of that', async () => {
  const first = await ask('authorization', `DPoP ${token}`, 'dpop', await proof())
  expect(first.statusCode).toBe(401)
  expect(first.headers['www-authenticate']).toMatch(/^DPoP algs="ES256 [^"]+", error="use_dpop_nonce"/)
  expect(seen).toBeNull()
  const told = first.headers['dpop-nonce'] as string
  const second = await ask('authorization', `DPoP ${token}`, 'dpop', await proof(told))
  expect(second.statusCode).toBe(200)
  expect(seen).not.toBeNull()
  expect(seen).not.toHaveProperty('dpop')
})

test.each<[string, () => Promise<string[]>]>([
  ['as a bearer token', async () => ['authorization', `Bearer ${token}`, 'dpop', await proof(await nonce())]],
  ['without a proof', async () => ['authorization', `DPoP ${token}`]],
  [
    'with two proofs',
    async () => {
      const told = await nonce()
      return ['authorization', `DPoP ${token}`, 'dpop', await proof(told), 'DPoP', await proof(told)]
    },
  ],
  [
    'with the proof of the request before',
    async () => {
      const used = ['authorization', `DPoP ${token}`, 'dpop', await proof(await nonce())]
      expect((await ask(...used)).statusCode).toBe(200)
      return used
    },
  ],
  [
    'with the proof of someone else',
    async () => {
      const thief = await makeDpopKey()
      const url = `${relay.url}${path}`
      const own = await thief.proof({ method: 'GET', url, token, nonce: await nonce() })
      return ['authorization', `DPoP ${token}`, 'dpop', own]
    },
  ],
])('a bound token %s is refused, without a word why', async (_what, make) => {
  const { statusCode, headers } = await ask(...(await make()))
  expect(statusCode).toBe(401)
  expect(headers['www-authenticate']).toMatch(/^Bearer, DPoP algs="[^"]+"$/)
  expect(seen).toBeNull()
})

test('where tokens have to be bound, others are refused; to take that back has to be said', async () => {
  const identity = (dpop: object) => ({
    identity: { oidc: { issuer: provider.issuer, clientId: 'jetway', audience: 'urn:test:relay' }, dpop },
  })
  const bearer = ['authorization', `Bearer ${await provider.token()}`]
  expect((await ask(...bearer)).statusCode).toBe(200)
  await relay.reloadWith(identity({ required: true }))
  expect((await ask(...bearer)).statusCode).toBe(401)
  expect((await ask('authorization', `DPoP ${token}`, 'dpop', await proof(await nonce()))).statusCode).toBe(
    200,
  )
  await expect(relay.reloadWith(identity({}))).rejects.toMatchObject({ code: 'WIDENING_REFUSED' })
  await relay.reloadWith(identity({}), { allowWidening: true })
})
