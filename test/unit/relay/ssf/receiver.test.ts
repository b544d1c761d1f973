import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { LocalPort } from '#client/local-port.ts'
import type { Tunnel } from '#client/tunnel.ts'
import type { AccessRecord } from '../../../../relay/audit/access-record.ts'
import { openSqliteState } from '../../../../relay/state/sqlite.ts'
import { detached } from '../../../support/detached.ts'
import { openTunnelTo } from '../../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** A provider that sends events to a relay, and someone who is signed in there. */
let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let port: LocalPort
let tunnel: Tunnel
let folder: string

const audience = 'urn:test:events'
const authorization = `Bearer ${'s'.repeat(40)}`
const caep = 'https://schemas.openid.net/secevent/caep/event-type/'
const risc = 'https://schemas.openid.net/secevent/risc/event-type/'
const ssf = 'https://schemas.openid.net/secevent/ssf/event-type/'
const now = () => Math.floor(Date.now() / 1000)
const signedIn = now() - 60
const claims = { sid: 'provider-1', auth_time: signedIn }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'events-'))
  await writeFile(join(folder, 'authorization'), `${authorization}\n`, { mode: 0o600 })
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  upstream.answer = (_request, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write('line\n'), 10)
    response.once('close', () => clearInterval(timer))
  }
})
beforeEach(async () => {
  relay = await startOwnRelay(provider.issuer, {
    services: {
      wiki: { type: 'http', url: upstream.url, localPort: 8100, identity: { keyFile: 'relay.pem' } },
    },
    direct: 'wiki',
    policy: {
      contact: 'Ask us.',
      grants: [],
      http: [{ group: 'data-eng', services: ['wiki'], verbs: ['http.read'] }],
    },
    identity: {
      ssf: { issuer: provider.issuer, audience, authorizationFile: join(folder, 'authorization') },
    },
  })
  port = await LocalPort.listen({ service: 'wiki', type: 'http', port: 0, detached })
  tunnel = await openTunnelTo(relay.carrierUrl, () => provider.token(claims), [
    { name: 'wiki', localPort: port.port },
  ])
  port.attach(tunnel)
})
afterEach(async () => {
  tunnel?.close()
  await port?.close()
  await relay?.close()
})
afterAll(async () => {
  upstream?.close()
  await provider?.close()
  await rm(folder, { recursive: true })
})

let count = 0
/** A good event of the provider's, but for what is given. */
const event = (events: object, more: object = {}, header: object = {}) => {
  count += 1
  const set = { aud: audience, jti: `e${count}`, iat: now(), events }
  const none = { sub: undefined, email: undefined, groups: undefined, exp: undefined }
  return provider.token({ ...none, ...set, ...more }, { typ: 'secevent+jwt', ...header })
}
const post = async (body: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${relay.url}/ssf/events`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/secevent+jwt', ...headers },
    body,
  })
  const text = await response.text()
  return [response.status, text === '' ? '' : ((JSON.parse(text) as { err?: string }).err ?? text)]
}
const direct = async (more: object = {}) => {
  const headers = { authorization: `Bearer ${await provider.token({ ...claims, ...more })}` }
  const controller = new AbortController()
  const response = await fetch(`${relay.url}/log`, { headers, signal: controller.signal })
  const answer = response.status === 200 ? null : ((await response.json()) as { code: string }).code
  controller.abort()
  return answer
}
const records = async () => {
  await relay.auditLog.flush()
  return (await relay.records()).filter((one): one is AccessRecord => one.verb === 'event.receive')
}
const user = () => ({ format: 'iss_sub', iss: provider.issuer, sub: 'ana' })

test('a session that the provider has revoked ends before it is answered, with what runs in it', async () => {
  const asked = request(`http://localhost:${port.port}/log`).end()
  asked.on('error', () => {})
  const [log] = (await once(asked, 'response')) as [IncomingMessage]
  log.on('error', () => {})
  await once(log, 'data')
  const ended = new Promise((resolve) => log.resume().once('close', resolve))
  const subject = {
    format: 'complex',
    user: user(),
    session: { format: 'opaque', id: 'provider-1' },
  }
  const sent = event({ [`${caep}session-revoked`]: { event_timestamp: now() } }, { sub_id: subject })
  expect(await post(await sent)).toEqual([202, ''])
  expect((await tunnel.closed).code).toBe('SESSION_ENDED')
  await ended
  expect(await direct()).toBe('SESSION_ENDED')
  expect(await direct({ sid: 'provider-2' })).toBeNull()
  expect(await records()).toMatchObject([
    {
      kind: 'access',
      source: { via: 'direct', address: '127.0.0.1' },
      decision: { effect: 'allow' },
      access: {
        issuer: provider.issuer,
        type: `${caep}session-revoked`,
        does: 'end',
        who: 'provider-1',
        isNew: true,
      },
    },
  ])
})

test.each([
  ['session-revoked', `${caep}session-revoked`, {}],
  ['a credential that was changed', `${caep}credential-change`, { change_type: 'update' }],
  ['RISC’s sessions-revoked', `${risc}sessions-revoked`, {}],
])(
  '%s: everything of the person before is over, and a new sign-in is let in',
  async (_what, type, payload) => {
    expect(await post(await event({ [type]: payload }, { sub_id: user() }))).toEqual([202, ''])
    expect((await tunnel.closed).code).toBe('SESSION_ENDED')
    expect(await direct()).toBe('SESSION_ENDED')
    expect(await direct({ auth_time: now() + 1 })).toBeNull()
  },
)

test('an account that is disabled is shut out until it is enabled; one that someone here shut out stays so', async () => {
  const about = { sub_id: { format: 'email', email: 'Ana@example.com' } }
  expect(await post(await event({ [`${risc}account-disabled`]: {} }, about))).toEqual([202, ''])
  expect((await tunnel.closed).code).toBe('ACCESS_REVOKED')
  expect(await direct({ auth_time: now() + 1 })).toBe('ACCESS_REVOKED')
  expect(await post(await event({ [`${risc}account-enabled`]: {} }, about))).toEqual([202, ''])
  expect(await direct()).toBeNull()

  expect(await post(await event({ [`${risc}account-disabled`]: {} }, about))).toEqual([202, ''])
  const state = openSqliteState(join(relay.configFile, '../jetway-state.db'))
  await state.revocations.add({
    kind: 'person',
    who: 'ana@example.com',
    issuer: null,
    effect: 'revoked',
    reason: 'x',
    by: 'root',
    at: now(),
    until: null,
  })
  await state.close()
  expect(await post(await event({ [`${risc}account-enabled`]: {} }, about))).toEqual([202, ''])
  expect(await direct()).toBe('ACCESS_REVOKED')
})

test('an event counts once: sent again it is taken, and does nothing', async () => {
  const about = { sub_id: user() }
  const sent = await event({ [`${risc}account-disabled`]: {} }, about)
  expect(await post(sent)).toEqual([202, ''])
  expect(await post(await event({ [`${risc}account-enabled`]: {} }, about))).toEqual([202, ''])
  expect(await post(sent)).toEqual([202, ''])
  expect(await direct()).toBeNull()
  expect((await records()).map(({ access }) => access.isNew)).toEqual([true, true, false])
})

test.each([
  ['verification', `${ssf}verification`, { state: 'x' }],
  ['a stream that was paused', `${ssf}stream-updated`, { status: 'paused' }],
  ['a credential more', `${caep}credential-change`, { change_type: 'create' }],
  ['an event that means nothing here', 'https://example.com/event', {}],
  [
    'another’s',
    `${caep}session-revoked`,
    { subject: { format: 'iss_sub', iss: 'https://other', sub: 'ana' } },
  ],
  [
    'a subject that means nothing here',
    `${caep}session-revoked`,
    { subject: { format: 'did', url: 'did:x:y' } },
  ],
])('%s is taken, recorded, and ends nothing', async (_what, type, payload) => {
  expect(await post(await event({ [type]: payload }))).toEqual([202, ''])
  expect(await direct()).toBeNull()
  expect(await records()).toMatchObject([{ access: { type } }])
})

const revoked = () => ({ [`${caep}session-revoked`]: { subject: user() } })
test.each<[string, () => Promise<string>, string]>([
  ['of another type', () => event(revoked(), {}, { typ: 'JWT' }), 'invalid_request'],
  ['without a type', () => event(revoked(), {}, { typ: undefined }), 'invalid_request'],
  ['of another issuer', () => event(revoked(), { iss: 'https://other' }), 'invalid_issuer'],
  ['for another one', () => event(revoked(), { aud: 'urn:other' }), 'invalid_audience'],
  ['signed with another key', () => event(revoked(), {}, { kid: 'two' }), 'invalid_key'],
  ['with another signature', async () => `${(await event(revoked())).slice(0, -8)}AAAAAAAA`, 'invalid_key'],
  ['without a jti', () => event(revoked(), { jti: undefined }), 'invalid_request'],
  ['without a time', () => event(revoked(), { iat: undefined }), 'invalid_request'],
  ['of the future', () => event(revoked(), { iat: now() + 120 }), 'invalid_request'],
  ['of last week', () => event(revoked(), { iat: now() - 8 * 86_400 }), 'invalid_request'],
  ['with a sub', () => event(revoked(), { sub: 'ana' }), 'invalid_request'],
  ['with an end', () => event(revoked(), { exp: now() + 60 }), 'invalid_request'],
  ['without events', () => event({}), 'invalid_request'],
  ['with events that are none', () => event(['x']), 'invalid_request'],
  ['that is an access token', () => provider.token({ aud: audience }), 'invalid_request'],
  ['that is no token', async () => '{"events":{}}', 'invalid_request'],
])('one %s is refused, does nothing, and is recorded', async (_what, body, err) => {
  expect(await post(await body())).toEqual([400, err])
  expect(await direct()).toBeNull()
  expect(await records()).toMatchObject([
    { decision: { effect: 'deny', code: 'EVENT_REFUSED' }, access: { issuer: provider.issuer } },
  ])
})

test('who is not the transmitter learns nothing of what they sent', async () => {
  const body = await event(revoked())
  for (const headers of [{ authorization: 'Bearer x' }, { authorization: '' }])
    expect(await post(body, headers)).toEqual([400, 'authentication_failed'])
  expect(await post(body, { 'content-type': 'application/json' })).toEqual([400, 'invalid_request'])
  expect(await direct()).toBeNull()
})

test('an event is no access token, whatever it says', async () => {
  const access = { aud: 'urn:test:relay', sub: 'ana', exp: now() + 300, groups: ['data-eng'] }
  for (const header of [{}, { typ: 'at+jwt' }]) {
    const token = await event(revoked(), access, header)
    const response = await fetch(`${relay.url}/log`, { headers: { authorization: `Bearer ${token}` } })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ code: 'UNAUTHENTICATED' })
  }
})

test('a body at the limit is read, and one above it is not', async () => {
  expect(await post('x'.repeat(65_536))).toEqual([400, 'invalid_request'])
  expect((await post('x'.repeat(65_537)))[0]).toBe(413)
})

test('it is not there through a tunnel, and for no other method', async () => {
  const response = await fetch(`${relay.url}/ssf/events`, { headers: { authorization } })
  expect(response.status).toBe(401)
  const inside = await fetch(`http://localhost:${port.port}/ssf/events`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/secevent+jwt' },
    body: await event(revoked()),
  })
  // Policy: nobody may write there.
  expect(inside.status).toBe(403)
  expect(await records()).toEqual([])
})
