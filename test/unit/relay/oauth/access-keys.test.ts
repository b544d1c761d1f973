import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../../../../relay/config/load.ts'
import { hashOfAccessKey, makeAccessKey } from '../../../../relay/oauth/access-key.ts'
import { openSqliteState } from '../../../../relay/state/sqlite.ts'
import { eventually } from '../../../support/eventually.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { relayCommand } from '../../../support/relay-command.ts'
import { startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
const accessKeys = { groups: ['exports', 'reports'], maxDays: 30 }

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  relay = await startOwnRelay(provider.issuer, {
    identity: { accessKeys },
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    direct: 'airflow',
    policy: {
      contact: 'Ask us.',
      grants: [
        { group: 'exports', role: 'viewer' },
        { group: 'admins', role: 'admin' },
      ],
    },
  })
})
afterAll(async () => {
  await relay?.close()
  upstream?.close()
  await provider?.close()
})

const keys = (...args: string[]) => relayCommand('/', 'keys', ...args, '--config', relay.configFile)
const create = async (name: string, ...more: string[]) => {
  const { stdout, stderr, code } = await keys(
    ...['create', '--name', name, '--days', '7', '--group', 'exports', '--json', ...more],
  )
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as { id: string; key: string; expires: number; at: number }
}
/** One in the state that no command would make. */
const put = async (part: object) => {
  const { id, key } = makeAccessKey()
  const at = Math.floor(Date.now() / 1000)
  const state = openSqliteState(loadConfig(relay.configFile).state.file)
  const whole = { id, name: id.toLowerCase(), groups: ['exports'], networks: [], madeBy: 'test', at }
  await state.accessKeys.add({ ...whole, expires: at + 3600, ...part }, hashOfAccessKey(key))
  await state.close()
  return { id, key, at }
}
const ask = async (form: Record<string, string>, headers: Record<string, string> = {}) => {
  const response = await fetch(`${relay.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
    headers,
  })
  return { response, body: (await response.json()) as Record<string, unknown> }
}
const tokenFor = async ({ id, key }: { id: string; key: string }) => {
  const { body } = await ask({ client_id: id, client_secret: key })
  return body.access_token as string
}
const call = (token: string, path = '/api/v2/dags', init: RequestInit = {}) =>
  fetch(`${relay.url}${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } })

test('a key is exchanged for an access token of minutes, which has what the key has and no more', async () => {
  const made = await create('nightly')
  const { response, body } = await ask({ client_id: made.id, client_secret: made.key })
  expect(response.status).toBe(200)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600 })
  const token = body.access_token as string
  expect((await call(token)).status).toBe(200)
  const denied = await call(token, '/api/v2/dags/x/dagRuns', {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  })
  expect(denied.status).toBe(403)
  const records = await eventually('both are recorded', async () => {
    const all = (await relay.records()).filter(({ kind, operation }) => kind === 'request' && operation)
    return all.length >= 2 && all
  })
  expect(records.at(-1)).toMatchObject({
    principal: {
      kind: 'machine',
      issuer: `${relay.url}/access-keys`,
      subject: `access-key:${made.id}`,
      name: 'access-key:nightly',
      email: null,
      groups: ['exports'],
      authentication: { by: 'identity.accessKeys', rule: null },
    },
    decision: { effect: 'deny' },
  })
})

test('it comes in the header as well, not in both', async () => {
  const { id, key } = await put({})
  const basic = { authorization: `Basic ${Buffer.from(`${id}:${key}`).toString('base64')}` }
  expect((await ask({}, basic)).response.status).toBe(200)
  expect((await ask({ client_id: id }, basic)).response.status).toBe(200)
  expect(await ask({ client_secret: key }, basic)).toMatchObject({ body: { error: 'invalid_request' } })
  expect(await ask({ client_id: 'other' }, basic)).toMatchObject({ body: { error: 'invalid_request' } })
})

test('when and from where it was used last is known; the key itself is nowhere', async () => {
  const { id, key } = await put({ name: 'used' })
  const listed = async () => {
    const all = JSON.parse((await keys('list', '--json')).stdout) as { id: string; usedAt: unknown }[]
    return all.find((one) => one.id === id)
  }
  expect(await listed()).toMatchObject({ usedAt: null, usedFrom: null })
  expect(await tokenFor({ id, key })).toBeDefined()
  expect(await listed()).toMatchObject({ name: 'used', usedAt: expect.any(Number), usedFrom: '127.0.0.1' })
  const { stdout } = await keys('list')
  expect(stdout).toMatch(new RegExp(`${id} {2}used {2}good until .*exports.*used last at .* from 127`))
  expect(JSON.stringify([await listed(), stdout, await relay.records()])).not.toContain(key.slice(17, 49))
})

test('revoked, it gives nothing any more, and what it gave ends within a second', async () => {
  const made = await put({ name: 'leaver' })
  const token = await tokenFor(made)
  expect((await call(token)).status).toBe(200)
  expect((await keys('revoke', made.id)).stdout).toBe(`The key ${made.id} is revoked.\n`)
  expect(await ask({ client_id: made.id, client_secret: made.key })).toMatchObject({
    body: { error: 'invalid_client' },
  })
  await eventually('its token is refused', async () => (await call(token)).status === 403)
  expect((await keys('revoke', made.id)).code).toBe(2)
  expect((await keys('list')).stdout).toMatch(new RegExp(`${made.id} {2}leaver {2}revoked at`))
})

test.each<[string, () => Promise<Record<string, string>>]>([
  ['no secret', async () => ({ client_id: 'x' })],
  ['no id', async () => ({ client_secret: makeAccessKey().key })],
  [
    'a key that was never made',
    async () => {
      const { id, key } = makeAccessKey()
      return { client_id: id, client_secret: key }
    },
  ],
  [
    'the id of another key',
    async () => ({ client_id: makeAccessKey().id, client_secret: (await put({})).key }),
  ],
  [
    'another secret under an id that is there',
    async () => {
      const { id } = await put({})
      const { key } = makeAccessKey()
      return { client_id: id, client_secret: key }
    },
  ],
  [
    'a key that has expired',
    async () => {
      const { id, key, at } = await put({ expires: Math.floor(Date.now() / 1000) })
      expect(at).toBeGreaterThan(0)
      return { client_id: id, client_secret: key }
    },
  ],
  [
    'a key that is older than keys may be',
    async () => {
      const { id, key } = await put({ at: Math.floor(Date.now() / 1000) - 30 * 86_400 })
      return { client_id: id, client_secret: key }
    },
  ],
  [
    'a key from another network',
    async () => {
      const { id, key } = await put({ networks: ['192.0.2.0/24', '::1/128'] })
      return { client_id: id, client_secret: key }
    },
  ],
  [
    'a key whose groups no key may have',
    async () => {
      const { id, key } = await put({ groups: ['admins'] })
      return { client_id: id, client_secret: key }
    },
  ],
])('%s is refused, and nothing said of why', async (_what, form) => {
  const { response, body } = await ask(await form())
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toMatch(/^Basic/)
  expect(body).toEqual({ error: 'invalid_client', error_description: expect.any(String) })
  expect(body.error_description).toMatch(/^(The relay did not accept this|There is no client_id)/)
})

test('who was let in, and who was not, is in the audit log', async () => {
  const { id, key } = await put({})
  await tokenFor({ id, key })
  await ask({ client_id: id, client_secret: makeAccessKey().key })
  const last = await eventually('both are recorded', async () => {
    const all = (await relay.records()).filter(({ verb }) => verb === 'token.issue')
    const first = all.findIndex(({ principal }) => principal?.subject === `access-key:${id}`)
    return first >= 0 && all[first + 1] && all.slice(first, first + 2)
  })
  expect(last).toMatchObject([
    { kind: 'session', principal: { subject: `access-key:${id}` }, decision: { effect: 'allow' } },
    { kind: 'session', principal: null, decision: { effect: 'deny', code: 'UNAUTHENTICATED' } },
  ])
})

test('a group that keys may not have any more is lost', async () => {
  const { id, key } = await put({ groups: ['exports', 'admins'] })
  const token = await tokenFor({ id, key })
  const claims = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()) as object
  expect(claims).toMatchObject({ groups: ['exports'], kind: 'machine' })
})

test('the token does not outlive the key', async () => {
  const { id, key } = await put({ expires: Math.floor(Date.now() / 1000) + 90 })
  const { body } = await ask({ client_id: id, client_secret: key })
  expect(body.expires_in).toBeLessThanOrEqual(90)
})

test('a key is no bearer token', async () => {
  const { key } = await put({})
  expect((await call(key)).status).toBe(401)
})

test.each<[string, string[], RegExp]>([
  ['a group that keys may not have', ['--group', 'admins', '--days', '7'], /admins is not one of/],
  ['too long a life', ['--group', 'exports', '--days', '31'], /--days takes 1 to 30/],
  ['no life', ['--group', 'exports', '--days', '0'], /--days takes/],
  ['half a day', ['--group', 'exports', '--days', '0.5'], /--days takes/],
  [
    'a network that is none',
    ['--group', 'exports', '--days', '7', '--network', '10.0.0.0/33'],
    /--network takes/,
  ],
])('no key is made with %s', async (_what, args, says) => {
  const { code, stdout, stderr } = await keys('create', '--name', 'wrong', ...args)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(says)
})

test('no key is made under a name that another one has, or that is none', async () => {
  await create('twice')
  const again = (name: string) => keys('create', '--name', name, '--days', '7', '--group', 'exports')
  expect((await again('twice')).stderr).toMatch(/There is a key twice already/)
  expect((await again('no name')).stderr).toMatch(/--name takes/)
})

test('without --json the key alone is on stdout', async () => {
  const { stdout, stderr } = await keys('create', '--name', 'plain', '--days', '7', '--group', 'exports')
  expect(stdout).toMatch(/^jtwy_[0-9A-Za-z]{50}\n$/)
  expect(stderr).toMatch(/^The key plain has the id \S{12}, is good until \S+, and is not shown again\.\n$/)
  expect(stderr).not.toContain(stdout.trim())
})

test('metadata say how to bring a key', async () => {
  const response = await fetch(`${relay.url}/.well-known/oauth-authorization-server`)
  expect(await response.json()).toMatchObject({
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  })
})

// The last ones: this address has been wrong, and the configuration is another one.
test('who is wrong too often has to wait, with the right key as well', async () => {
  const { id, key } = await put({})
  const wrong = { client_id: id, client_secret: makeAccessKey().key }
  await eventually('it has to wait', async () => (await ask(wrong)).response.status === 429)
  const { response, body } = await ask({ client_id: id, client_secret: key })
  expect(response.status).toBe(429)
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(body).toMatchObject({ code: 'RATE_LIMITED' })
})

test('without identity.accessKeys no key is made, and none that was is of use', async () => {
  const made = await put({})
  const token = await (async () => {
    await relay.reloadWith({ publicUrl: relay.url }, { allowWidening: true })
    return tokenFor(made)
  })()
  expect((await call(token)).status).toBe(200)
  await relay.reloadWith(
    { identity: { oidc: { issuer: provider.issuer, clientId: 'j', audience: 'a' } } },
    { allowWidening: true },
  )
  expect((await call(token)).status).toBe(401)
  const gone = await fetch(`${relay.url}/oauth/token`, { method: 'POST' })
  expect(gone.status).not.toBe(200)
  const { code, stderr } = await keys('create', '--name', 'after', '--days', '7', '--group', 'exports')
  expect(code).toBe(2)
  expect(stderr).toMatch(/identity\.accessKeys is not configured/)
})
