import { afterAll, beforeAll, expect, test } from 'vitest'
import { whoAmIPath } from '#shared/ipc/whoami.ts'
import { makeDpopKey } from '../../../support/dpop-key.ts'
import { eventually } from '../../../support/eventually.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { relayCommand } from '../../../support/relay-command.ts'
import { startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let asked: string[]
beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  asked = []
  upstream.answer = (request, response) => {
    asked.push(request.url ?? '')
    response.end()
  }
  relay = await startOwnRelay(provider.issuer, {
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    direct: 'airflow',
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'viewer' }] },
  })
})
afterAll(async () => {
  await relay?.close()
  upstream?.close()
  await provider?.close()
})

const get = (headers: Record<string, string>, path = whoAmIPath, init: RequestInit = {}) =>
  fetch(relay.url + path, { ...init, headers })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

test('says whom a token stands for, and asks no service', async () => {
  const response = await get(bearer(await provider.token()))
  expect(response.status).toBe(200)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await response.json()).toMatchObject({
    kind: 'person',
    issuer: provider.issuer,
    by: 'identity.oidc',
    groupsMissing: null,
    bound: false,
  })
  expect(asked).toEqual([])
})

test('says why groups are not known', async () => {
  const response = await get(bearer(await provider.token({ groups: undefined })))
  expect(await response.json()).toMatchObject({ groups: [], groupsMissing: 'absent' })
})

test('a bound token takes a proof for this very address', async () => {
  const key = await makeDpopKey()
  const token = await provider.token({ cnf: { jkt: key.thumbprint } })
  expect((await get(bearer(token))).status).toBe(401)
  const url = relay.url + whoAmIPath
  const proven = async (o: { url: string; nonce?: string }) =>
    get({ authorization: `DPoP ${token}`, dpop: await key.proof({ method: 'GET', token, ...o }) })
  const nonce = (await proven({ url })).headers.get('dpop-nonce') as string
  expect((await proven({ url: `${relay.url}/other`, nonce })).status).toBe(401)
  const response = await proven({ url, nonce })
  expect(await response.json()).toMatchObject({ bound: true })
})

test.each<[string, () => Promise<Response>, number]>([
  ['nobody', () => get({}), 401],
  ['a token of another issuer', async () => get(bearer(await provider.token({ iss: 'https://other' }))), 401],
  ['a token for another', async () => get(bearer(await provider.token({ aud: 'https://other' }))), 401],
  ['two tokens', async () => get({ authorization: `Bearer ${await provider.token()}, Bearer x` }), 401],
  ['a token that has expired', async () => get(bearer(await provider.token({ exp: 1 }))), 401],
])('%s is told nothing', async (_what, ask, status) => {
  const response = await ask()
  expect(response.status).toBe(status)
  expect(await response.json()).not.toHaveProperty('groups')
})

test('it is this path and GET alone', async () => {
  const headers = bearer(await provider.token())
  for (const path of [`${whoAmIPath}?x`, `${whoAmIPath}/`])
    expect((await get(headers, path)).status).toBe(403)
  expect((await get(headers, whoAmIPath, { method: 'POST' })).status).toBe(403)
})

// The last one: ana is shut out.
test('whose access was taken away is told that, and it is recorded', async () => {
  const token = await provider.token({ sub: 'mallory', email: 'mallory@example.com' })
  expect((await get(bearer(token))).status).toBe(200)
  await relayCommand('/', 'revoke', 'mallory@example.com', '--reason', 'x', '--config', relay.configFile)
  const refused = await eventually('she is out', async () => {
    const response = await get(bearer(token))
    return response.status === 403 && response.json()
  })
  expect(refused).toMatchObject({ code: 'ACCESS_REVOKED' })
  await relay.auditLog.flush()
  expect((await relay.records()).at(-1)).toMatchObject({
    path: whoAmIPath,
    decision: { effect: 'deny', code: 'ACCESS_REVOKED' },
  })
})
