import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DpopKey } from '#client/auth/dpop-key.ts'
import { MachineCredentials } from '#client/auth/machine/credentials.ts'
import { freePort } from '../../../../demo/free-port.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { relayCommand } from '../../../support/relay-command.ts'
import { audience, startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** What the client makes of an access key: tokens that are of no use without the key of its process. */
let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let accessKey: string

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  relay = await startOwnRelay(provider.issuer, {
    identity: { accessKeys: { groups: ['read'] } },
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    direct: 'airflow',
    policy: { contact: 'Ask us.', grants: [{ group: 'read', role: 'viewer' }] },
  })
  const args = ['--name', 'job', '--group', 'read', '--days', '1', '--config', relay.configFile]
  accessKey = (await relayCommand('/', 'keys', 'create', ...args)).stdout.trim()
})
afterAll(async () => {
  await relay?.close()
  upstream?.close()
  await provider?.close()
})

const credentials = (key = accessKey) =>
  new MachineCredentials({ identity: { kind: 'access-key', keptIn: { key } }, relayUrl: relay.url })
const boundTo = (token: string) => (decodeJwt(token).cnf as { jkt: string } | undefined)?.jkt

/** A request with a token, and with proofs of `key`, with the relay's nonce as soon as it is known. */
async function call(token: string, key: DpopKey): Promise<number> {
  const url = `${relay.url}/api/v2/dags`
  const send = async () => {
    const dpop = await key.proof({ method: 'GET', url, accessToken: token })
    return fetch(url, { headers: { authorization: `DPoP ${token}`, dpop } })
  }
  const first = await send()
  const nonce = first.headers.get('dpop-nonce')
  if (nonce === null) return first.status
  key.learn(nonce, undefined)
  return (await send()).status
}
const asBearer = async (token: string) =>
  (await fetch(`${relay.url}/api/v2/dags`, { headers: { authorization: `Bearer ${token}` } })).status
const exchange = (key = accessKey) =>
  fetch(`${relay.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: key.slice(5, 17),
      client_secret: key,
    }),
  })

test('the token is bound to a key of the process, and so are all that follow it', async () => {
  const own = credentials()
  const first = await own.accessToken(null, null)
  const second = await own.accessToken(null, null, first.token)
  expect(second.token).not.toBe(first.token)
  const key = first.key as DpopKey
  expect([boundTo(first.token), boundTo(second.token)]).toEqual([key.thumbprint, key.thumbprint])
  expect(await call(first.token, key)).toBe(200)
  expect(await call(second.token, key)).toBe(200)
  expect((await credentials().accessToken(null, null)).key?.thumbprint).not.toBe(key.thumbprint)
})

test('a token that is stolen is refused: as a bearer token, and with any other key', async () => {
  const { token } = await credentials().accessToken(null, null)
  expect(await asBearer(token)).toBe(401)
  expect(await call(token, await DpopKey.ofProcess())).toBe(401)
  const { key } = await credentials().accessToken(null, null)
  expect(await call(token, key as DpopKey)).toBe(401)
})

test('the nonce that is asked for first is no failed attempt, and no refusal in the audit', async () => {
  await credentials().accessToken(null, null)
  await relay.auditLog.flush()
  const issued = (await relay.records()).filter(({ verb }) => verb === 'token.issue')
  expect(issued.length).toBeGreaterThan(0)
  expect(issued.every(({ decision }) => decision?.effect === 'allow')).toBe(true)
})

test('an answer that is bound to no key is not taken', async () => {
  const other = await startToldUpstream()
  other.answer = (_request, response) => {
    const body = { access_token: 'x', token_type: 'Bearer', expires_in: 600 }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const own = new MachineCredentials({
    identity: { kind: 'access-key', keptIn: { key: accessKey } },
    relayUrl: other.url,
  })
  await expect(own.accessToken(null, null)).rejects.toMatchObject({ code: 'NOT_A_RELAY' })
  other.close()
})

test('a key that is wrong is refused, and where nobody listens that is said', async () => {
  const wrong = credentials(`jtwy_${'a'.repeat(50)}`)
  await expect(wrong.accessToken(null, null)).rejects.toMatchObject({ code: 'ACCESS_KEY_REFUSED' })
  const nobody = new MachineCredentials({
    identity: { kind: 'access-key', keptIn: { key: accessKey } },
    relayUrl: `http://127.0.0.1:${await freePort()}`,
  })
  await expect(nobody.accessToken(null, null)).rejects.toMatchObject({ code: 'RELAY_UNREACHABLE' })
})

// The last one: the configuration is another one.
test('whoever proves no key gets a bearer token, unless the relay takes none', async () => {
  expect(await (await exchange()).json()).toMatchObject({ token_type: 'Bearer' })
  const accessKeys = { groups: ['read'] }
  const oidc = { issuer: provider.issuer, clientId: 'jetway', audience }
  await relay.reloadWith(
    { identity: { oidc, accessKeys, dpop: { required: true } } },
    { allowWidening: true },
  )
  const refused = await exchange()
  expect([refused.status, await refused.json()]).toEqual([
    400,
    { error: 'invalid_dpop_proof', error_description: expect.any(String) },
  ])
  const { token, key } = await credentials().accessToken(null, null)
  expect(await call(token, key as DpopKey)).toBe(200)
})
