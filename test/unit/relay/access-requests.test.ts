import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { get, type IncomingMessage, request } from 'node:http'
import { dirname, join } from 'node:path'
import { json, text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { askAccess, askRelay, changeAccessRequest } from '#client/ask-relay.ts'
import { LocalPort } from '#client/local-port.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { type AccessRequests, accessRequests } from '#shared/ipc/access-requests.ts'
import type { AuditRecord } from '../../../relay/audit/record.ts'
import { operator } from '../../../relay/commands/operator.ts'
import { loadConfig } from '../../../relay/config/load.ts'
import { serveControl } from '../../../relay/control/server.ts'
import { ApprovedAccess } from '../../../relay/identity/approved-access.ts'
import { openSqliteState } from '../../../relay/state/sqlite.ts'
import { openAccessRequests } from '../../support/access-request-feed.ts'
import { detached } from '../../support/detached.ts'
import { openTunnelTo } from '../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { relayCommand } from '../../support/relay-command.ts'
import { audience, startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

/** A real relay, one who asks and one who decides. */
let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let ana: Tunnel
let lea: Tunnel
const opened: Tunnel[] = []
const portOf = new Map<Tunnel, LocalPort>()

const rule = {
  group: 'data-eng',
  role: 'user',
  dags: ['finance_*'],
  approvers: ['leads'],
  longestMinutes: 60,
}
const id = 'request:data-eng:user:finance_*'
const nobody = '00000000-0000-0000-0000-000000000000'
const grants = [{ group: 'data-eng', role: 'viewer' }]
const policyOf = (...requests: object[]) => ({ contact: 'Ask us.', grants, requests })
const clients = { robot: ['data-eng', 'leads'] }
const config = () => ({
  identity: { oidc: { issuer: provider.issuer, clientId: 'jetway', audience, clients } },
  services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
  policy: policyOf(rule),
})

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
})
afterAll(async () => {
  upstream?.close()
  await provider?.close()
})
beforeEach(async () => {
  upstream.answer = (_request, response) => response.end('{}')
  relay = await startOwnRelay(provider.issuer, config())
  ana = await tunnelOf('ana')
  lea = await tunnelOf('lea', { groups: ['leads'] })
})
afterEach(async () => {
  for (const tunnel of opened.splice(0)) tunnel.close()
  for (const port of portOf.values()) await port.close()
  portOf.clear()
  await relay.close()
})

async function tunnelOf(sub: string, claims: Record<string, unknown> = {}): Promise<Tunnel> {
  const token = () => provider.token({ sub, email: `${sub}@example.com`, ...claims })
  const port = await LocalPort.listen({ service: 'airflow', type: 'airflow', port: 0, detached })
  const tunnel = await openTunnelTo(relay.carrierUrl, token, [{ name: 'airflow', localPort: port.port }])
  port.attach(tunnel)
  portOf.set(tunnel, port)
  opened.push(tunnel)
  return tunnel
}

const ask = (tunnel: Tunnel, more: object = {}) =>
  changeAccessRequest(tunnel, '', { policy: id, reason: 'The close is stuck.', seconds: 600, ...more })
const decide = (tunnel: Tunnel, request: string, decision = 'approve', note: string | null = null) =>
  changeAccessRequest(tunnel, `/${request}/decision`, { decision, note })
const end = (tunnel: Tunnel, request: string) => changeAccessRequest(tunnel, `/${request}/end`, null)

async function listOf(tunnel: Tunnel): Promise<AccessRequests> {
  const response = await askRelay(tunnel, '/access-requests', new AbortController().signal)
  return accessRequests.parse(await json(response))
}

/** The status of what someone tries to do. */
async function triggers(tunnel: Tunnel, dag = 'finance_close'): Promise<number> {
  const response = await fetch(`http://localhost:${portOf.get(tunnel)?.port}/api/v2/dags/${dag}/dagRuns`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  await response.text()
  return response.status
}

test('what was approved may be done at once, and not any more once it is ended', async () => {
  expect(await triggers(ana)).toBe(403)
  const asked = await ask(ana)
  expect(asked).toMatchObject({
    policy: id,
    role: 'user',
    dags: ['finance_*'],
    state: 'waiting',
    decision: null,
  })
  expect(await triggers(ana)).toBe(403)
  const approved = await decide(lea, asked.id, 'approve', 'Until noon.')
  expect(approved).toMatchObject({
    state: 'approved',
    decision: { by: 'lea@example.com', note: 'Until noon.' },
  })
  expect(Date.parse(approved.until ?? '')).toBe(Date.parse(approved.decision?.at ?? '') + 600_000)
  expect(await triggers(ana)).toBe(200)
  expect(await triggers(ana, 'other')).toBe(403)
  expect(await end(ana, asked.id)).toMatchObject({ state: 'ended', until: null })
  expect(await triggers(ana)).toBe(403)
})

test('everybody is told what concerns them, and nothing else', async () => {
  const mallory = await tunnelOf('mallory', { groups: ['sales'] })
  const bo = await tunnelOf('bo')
  const { id: request } = await ask(ana)
  expect(await listOf(ana)).toMatchObject({
    requestable: [
      { policy: id, role: 'user', dags: ['finance_*'], approvers: ['leads'], longestSeconds: 3600 },
    ],
    mine: [{ id: request, state: 'waiting', name: 'ana@example.com' }],
    toDecide: [],
    omitted: 0,
  })
  expect((await listOf(ana)).requestable[0]?.verbs).toContain('run.trigger')
  expect(await listOf(lea)).toMatchObject({ requestable: [], mine: [], toDecide: [{ id: request }] })
  expect(await listOf(bo)).toMatchObject({ requestable: [{ policy: id }], mine: [], toDecide: [] })
  expect(await listOf(mallory)).toEqual({ requestable: [], mine: [], toDecide: [], omitted: 0 })
  const max = await tunnelOf('max', { groups: ['leads'] })
  await decide(lea, request)
  // Who has approved it sees it until it is over; another one has nothing to do with it any more.
  expect((await listOf(lea)).toDecide).toMatchObject([{ id: request, state: 'approved' }])
  expect((await listOf(max)).toDecide).toEqual([])
  await end(lea, request)
  expect((await listOf(lea)).toDecide).toEqual([])
  expect((await listOf(ana)).mine).toMatchObject([{ state: 'ended', decision: { by: 'lea@example.com' } }])
})

const unknown = { code: 'ACCESS_REQUEST_UNKNOWN' }

test('only who may ask asks, for what there is and not for longer', async () => {
  const mallory = await tunnelOf('mallory', { groups: ['sales'] })
  const refused = await ask(mallory).catch((error) => error)
  expect(refused).toMatchObject({ code: 'ACCESS_NOT_REQUESTABLE' })
  // What is not there and what is not for them look the same.
  await expect(ask(mallory, { policy: `${id}x` })).rejects.toMatchObject({
    message: refused.message.replace(id, `${id}x`),
  })
  await expect(ask(ana, { policy: 'data-eng:viewer:*' })).rejects.toMatchObject({
    code: 'ACCESS_NOT_REQUESTABLE',
  })
  expect(await ask(ana, { seconds: 3600 })).toMatchObject({ seconds: 3600 })
  await expect(ask(ana, { seconds: 3601 })).rejects.toMatchObject({ code: 'ACCESS_TOO_LONG' })
})

test('only approvers decide, once, and never on their own', async () => {
  const mallory = await tunnelOf('mallory', { groups: ['sales'] })
  const both = await tunnelOf('both', { groups: ['data-eng', 'leads'] })
  const { id: request } = await ask(both)
  for (const tunnel of [ana, mallory]) {
    const refused = await decide(tunnel, request).catch((error) => error)
    expect(refused).toMatchObject(unknown)
    const none = await decide(tunnel, request.replace(/./, 'f')).catch((error) => error)
    expect(none.message.slice(30)).toBe(refused.message.slice(30))
    await expect(end(tunnel, request)).rejects.toMatchObject(unknown)
  }
  await expect(decide(both, request)).rejects.toMatchObject({ code: 'OWN_ACCESS_REQUEST' })
  await expect(decide(both, request, 'deny')).rejects.toMatchObject({ code: 'OWN_ACCESS_REQUEST' })
  // The same one by another name of the provider's.
  const again = await tunnelOf('both-2', { email: 'Both@Example.com', groups: ['leads'] })
  await expect(decide(again, request)).rejects.toMatchObject({ code: 'OWN_ACCESS_REQUEST' })
  expect((await listOf(again)).toDecide).toEqual([])
  const max = await tunnelOf('max', { groups: ['leads'] })
  const outcomes = await Promise.allSettled([
    decide(lea, request),
    decide(max, request, 'deny'),
    decide(lea, request),
  ])
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'ACCESS_REQUEST_OVER' })
  await expect(decide(lea, request)).rejects.toMatchObject({ code: 'ACCESS_REQUEST_OVER' })
})

test('what was denied, withdrawn or ended is over', async () => {
  const denied = await ask(ana)
  expect(await decide(lea, denied.id, 'deny', 'Not today.')).toMatchObject({
    state: 'denied',
    decision: { note: 'Not today.' },
  })
  const withdrawn = await ask(ana)
  await end(ana, withdrawn.id)
  for (const { id: request } of [denied, withdrawn]) {
    await expect(decide(lea, request)).rejects.toMatchObject({ code: 'ACCESS_REQUEST_OVER' })
    await expect(end(ana, request)).rejects.toMatchObject({ code: 'ACCESS_REQUEST_OVER' })
  }
  expect(await triggers(ana)).toBe(403)
})

test('no machine asks, sees or decides', async () => {
  const claims = { client_id: 'robot', email: undefined, groups: undefined }
  const machine = await tunnelOf('robot', claims)
  await expect(ask(machine)).rejects.toMatchObject({ code: 'PEOPLE_ONLY' })
  const { id: request } = await ask(ana)
  await expect(decide(machine, request)).rejects.toMatchObject({ code: 'PEOPLE_ONLY' })
  await expect(end(machine, request)).rejects.toMatchObject({ code: 'PEOPLE_ONLY' })
  expect(await listOf(machine)).toEqual({ requestable: [], mine: [], toDecide: [], omitted: 0 })
})

test('whose groups are not known may do neither', async () => {
  const unknownGroups = await tunnelOf('una', { groups: ['data-eng', 'leads'], hasgroups: true })
  const { id: request } = await ask(ana)
  await expect(ask(unknownGroups)).rejects.toMatchObject({ code: 'ACCESS_NOT_REQUESTABLE' })
  await expect(decide(unknownGroups, request)).rejects.toMatchObject(unknown)
  expect(await listOf(unknownGroups)).toMatchObject({ requestable: [], toDecide: [] })
})

test('a group that a provider calls like one of those gives nothing', async () => {
  const names = [`approved:${id}`, `Approved:${id}`]
  const liar = await tunnelOf('liar', { groups: ['data-eng', ...names] })
  expect(await triggers(liar)).toBe(403)
  await relay.auditLog.flush()
  const [record] = (await relay.records()).filter(({ verb }) => verb === 'run.trigger')
  expect(record?.principal?.groups).toEqual(['data-eng'])
})

test('who is not in the group any more that may ask has lost what was approved', async () => {
  const { id: request } = await ask(ana)
  await decide(lea, request)
  expect(await triggers(ana)).toBe(200)
  expect(await triggers(await tunnelOf('ana', { groups: ['sales'] }))).toBe(403)
})

test('another rule than the one that was approved gives nothing, and nobody decides on it', async () => {
  const [one, other] = [await ask(ana), await ask(ana)]
  await decide(lea, one.id)
  const wider = { ...rule, longestMinutes: 120 }
  await relay.reloadWith({ policy: policyOf(wider) }, { allowWidening: true })
  expect(await triggers(ana)).toBe(403)
  expect((await listOf(ana)).mine.map(({ state }) => state)).toEqual(['expired', 'expired'])
  await expect(decide(lea, other.id)).rejects.toMatchObject({ code: 'ACCESS_REQUEST_OVER' })
  await relay.reloadWith({ policy: policyOf() }, { allowWidening: true })
  await expect(decide(lea, other.id)).rejects.toMatchObject(unknown)
  // It is the same one again, and has not ended.
  await relay.reloadWith({ policy: policyOf(rule) }, { allowWidening: true })
  expect(await triggers(ana)).toBe(200)
})

test('what someone may do says until when it was approved', async () => {
  const { id: request } = await ask(ana)
  const { until } = await decide(lea, request)
  const { services } = await askAccess(ana)
  expect(services[0]?.grants.map((grant) => [grant.policy, grant.until])).toEqual([
    ['data-eng:viewer:*', null],
    [id, until],
  ])
})

test('what is forbidden stays so, whatever is approved', async () => {
  const forbid = [{ verbs: ['run.trigger'], dags: ['finance_close'], reason: 'Frozen.' }]
  await relay.reloadWith({ policy: { ...policyOf(rule), forbid } })
  await decide(lea, (await ask(ana)).id)
  expect([await triggers(ana), await triggers(ana, 'finance_daily')]).toEqual([403, 200])
})

test('it is told at once what changes, and when the time is over', async () => {
  const [ofAna, ofLea] = [openAccessRequests(ana), openAccessRequests(lea)]
  await ofAna.until(({ mine }) => mine.length === 0)
  const { id: request } = await ask(ana)
  await ofLea.until(({ toDecide }) => toDecide[0]?.id === request)
  await ofAna.until(({ mine }) => mine[0]?.state === 'waiting')
  await decide(lea, request)
  await ofAna.until(({ mine }) => mine[0]?.state === 'approved')
  await end(ana, request)
  const { id: short } = await ask(ana, { seconds: 1 })
  await decide(lea, short)
  await ofAna.until(({ mine }) => mine[0]?.id === short && mine[0].state === 'expired')
  expect(await triggers(ana)).toBe(403)
  const before = ofLea.all.length
  const bo = await tunnelOf('bo')
  await end(bo, (await ask(bo)).id)
  await relay.reloadWith({ policy: policyOf() }, { allowWidening: true })
  await ofAna.until(({ requestable }) => requestable.length === 0)
  for (const feed of [ofAna, ofLea]) feed.close()
  expect(ofLea.all.length - before).toBeLessThanOrEqual(2)
  // What bo asked for was nothing of hers.
  expect(JSON.stringify(ofAna.all)).not.toContain('bo@example.com')
})

test('all of it is in the audit log, before it counts and with what became of it', async () => {
  const { id: request } = await ask(ana)
  await decide(lea, request, 'approve', 'Until noon.')
  await triggers(ana)
  await decide(lea, request).catch(() => {})
  await end(lea, request)
  await relay.auditLog.flush()
  const lines = (await readFile(relay.auditFile, 'utf8')).trim().split('\n')
  const records = lines.map((line) => JSON.parse(line) as AuditRecord)
  const about = { request, policy: id, role: 'user', dags: 'finance_*', seconds: 600, for: 'ana@example.com' }
  const verbs = ['access.request', 'access.approve', 'access.withdraw']
  for (const kind of ['intent', 'access'])
    expect(records.filter((one) => one.kind === kind && one.verb?.startsWith('access.'))).toMatchObject([
      {
        verb: verbs[0],
        access: about,
        reason: 'The close is stuck.',
        principal: { name: 'ana@example.com' },
      },
      { verb: verbs[1], access: about, reason: 'Until noon.', principal: { name: 'lea@example.com' } },
      ...(kind === 'access' ? [{ verb: verbs[1], error: 'ACCESS_REQUEST_OVER' }] : []),
      { verb: verbs[2], access: about, source: { via: 'tunnel' }, decision: { effect: 'allow' } },
    ])
  const order = records.map(({ kind, verb }) => `${kind} ${verb}`)
  expect(order.indexOf('intent access.approve')).toBeLessThan(order.indexOf('access access.approve'))
  const trigger = records.find(({ kind, verb }) => kind === 'request' && verb === 'run.trigger')
  expect(trigger).toMatchObject({
    approval: request,
    decision: { effect: 'allow', policies: [id] },
    principal: { groups: ['data-eng', `approved:${id}`] },
  })
})

test('whoever runs the relay sees all of them, and ends one, which is in the audit log with their name', async () => {
  const control = await serveControl(join(dirname(relay.configFile), 'relay.sock'), (asked) => {
    if (asked.command === 'access-requests') return relay.accessRequests()
    if (asked.command === 'end-access-request') return relay.endAccessRequest(asked)
    throw new TypeError(asked.command)
  })
  const command = (...args: string[]) => relayCommand(dirname(relay.configFile), 'requests', ...args)
  expect((await command()).stdout).toBe('Nobody has asked for anything.\n')
  const { id: request } = await ask(ana, { reason: 'Stuck.\u001b[2J' })
  await decide(lea, request, 'approve', 'Until noon.')
  const { stdout } = await command('list')
  expect(stdout).toContain('ana@example.com  user on finance_* for 10 min')
  expect(stdout).toContain('decided by lea@example.com')
  expect(stdout).not.toContain('\u001b')
  expect(await triggers(ana)).toBe(200)
  const ended = await command('end', request, '--reason', 'wrong DAG', '--json')
  expect(JSON.parse(ended.stdout)).toMatchObject({ id: request, state: 'ended' })
  expect(await triggers(ana)).toBe(403)
  expect((await command('end', request, '--reason', 'x')).code).toBe(5)
  expect((await command('end', nobody, '--reason', 'x')).code).toBe(5)
  const [record] = (await relay.records()).filter(({ verb }) => verb === 'access.withdraw')
  expect(record).toMatchObject({
    principal: null,
    source: { via: 'command' },
    reason: 'wrong DAG',
    access: { request, for: 'ana@example.com', by: operator() },
  })
  control.close()
})

test('so many may be asked for in a day', async () => {
  const { id: request } = await ask(ana)
  const state = openSqliteState(loadConfig(relay.configFile).state.file)
  const [first] = await state.accessRequests.list(0)
  if (!first) throw new Error(`${request} is not there`)
  const { decision: _, ended: __, ...asked } = first
  const by = { by: first.asker, at: asked.askedAt }
  for (let i = 0; i < 98; i += 1) {
    await state.accessRequests.add({ ...asked, id: String(i) }, { waiting: 100, asked: 100, since: 0 })
    await state.accessRequests.end(String(i), by)
  }
  await state.close()
  await ask(ana)
  await expect(ask(ana)).rejects.toMatchObject({ code: 'TOO_MANY_ACCESS_REQUESTS' })
})

test('so many may wait', async () => {
  for (let i = 0; i < 10; i += 1) await ask(ana)
  await expect(ask(ana)).rejects.toMatchObject({ code: 'TOO_MANY_ACCESS_REQUESTS' })
  const { mine } = await listOf(ana)
  expect(mine).toHaveLength(10)
  await decide(lea, mine[0]?.id ?? '', 'deny')
  await ask(ana)
  // Each one by themselves.
  await ask(await tunnelOf('bo'))
})

test('what was going on under an approval ends with it, and what something else allows goes on', async () => {
  const streams = new Map<string, IncomingMessage>()
  upstream.answer = (_request, response) => {
    response.write('{"line":1}\n')
  }
  const seesAll = { ...policyOf(rule), grants: [{ group: 'data-eng', role: 'viewer', dags: ['etl_*'] }] }
  await relay.reloadWith({ policy: seesAll })
  const { id: request } = await ask(ana)
  await decide(lea, request)
  for (const dag of ['finance_close', 'etl_daily']) {
    const asked = get(`http://localhost:${portOf.get(ana)?.port}/api/v2/dags/${dag}`)
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    for (const one of [asked, response]) one.on('error', () => {})
    response.resume()
    streams.set(dag, response)
  }
  const closed = new Promise((resolve) => streams.get('finance_close')?.once('close', resolve))
  await end(lea, request)
  await closed
  expect(streams.get('finance_close')?.complete).toBe(false)
  expect(streams.get('etl_daily')?.closed).toBe(false)
  streams.get('etl_daily')?.destroy()
  await relay.auditLog.flush()
  const records = (await relay.records()).filter(({ verb }) => verb === 'dag.read')
  expect(records[0]).toMatchObject({
    resource: { dag: 'finance_close' },
    error: 'ACCESS_ENDED',
    approval: request,
  })
})

test('what another relay of the same state decides is known here within a second, and survives a restart', async () => {
  const { id: request } = await ask(ana)
  const feed = openAccessRequests(ana)
  await feed.until(({ mine }) => mine[0]?.state === 'waiting')
  const state = openSqliteState(loadConfig(relay.configFile).state.file)
  const by = { issuer: provider.issuer, subject: 'max', name: 'max@example.com', email: null }
  const at = Math.floor(Date.now() / 1000)
  await state.accessRequests.decide(request, { approved: true, by, at, note: null })
  const started = performance.now()
  await feed.until(({ mine }) => mine[0]?.state === 'approved')
  expect(performance.now() - started).toBeLessThan(5000)
  expect(await triggers(ana)).toBe(200)
  feed.close()
  const again = await ApprovedAccess.load(state, () => {})
  expect(again.requests).toMatchObject([{ id: request, decision: { by } }])
  again.close()
  await state.close()
})

test('answers that go on are no more than so many, and no relay waits for them', async () => {
  const feed = () => askRelay(ana, '/access-requests/feed', new AbortController().signal)
  const feeds = [await feed(), await feed(), await feed(), await feed()]
  await expect(feed()).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' })
  const [first] = feeds as [IncomingMessage]
  for (const one of feeds) one.resume()
  await Promise.all([relay.stop(600_000), once(first, 'close')])
  expect(first.complete).toBe(true)
})

test('what cannot be written down is not done', async () => {
  const commit = relay.auditLog.commit
  const { id: request } = await ask(ana)
  relay.auditLog.commit = async () => {
    throw new JetwayError('AUDIT_UNAVAILABLE')
  }
  for (const change of [() => ask(ana), () => decide(lea, request), () => end(ana, request)])
    await expect(change()).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' })
  relay.auditLog.commit = commit
  expect((await listOf(ana)).mine).toMatchObject([{ id: request, state: 'waiting' }])
})

/** Asks as whoever writes a client of their own would. */
async function askRaw(o: { path: string; method?: string; headers?: object; body?: string }) {
  const { body = '', ...how } = o
  const headers = { host: 'jetway', 'content-type': 'application/json', ...o.headers }
  const asked = request({
    createConnection: () => ana.openToRelay() as never,
    method: 'POST',
    ...how,
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
  })
  asked.on('error', () => {})
  asked.end(body)
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: response.statusCode, body: await text(response) }
}

const whole = { policy: id, reason: 'x', seconds: 60 }

test.each([
  ['no JSON', '{', 400],
  ['nothing', '', 400],
  ['another member', JSON.stringify({ ...whole, role: 'admin' }), 400],
  ['no reason', JSON.stringify({ ...whole, reason: ' ' }), 400],
  ['the longest reason', JSON.stringify({ ...whole, reason: 'ä'.repeat(500) }), 201],
  ['a longer reason', JSON.stringify({ ...whole, reason: 'ä'.repeat(501) }), 400],
  ['no time', JSON.stringify({ ...whole, seconds: 0 }), 400],
  ['part of a second', JSON.stringify({ ...whole, seconds: 0.5 }), 400],
  ['as much as it may be', JSON.stringify(whole).padEnd(16_384), 201],
  ['more than that', JSON.stringify(whole).padEnd(16_385), 413],
])('what is asked has its form: %s', async (_what, body, status) => {
  expect((await askRaw({ path: '/access-requests', body })).status).toBe(status)
})

test.each([
  ['a path below', { path: `/access-requests/${nobody}` }, 404],
  ['a query', { path: '/access-requests?mine' }, 404],
  ['an id that is none', { path: '/access-requests/../end' }, 400],
  ['another id that is none', { path: '/access-requests/1/end' }, 404],
  ['one that is not there', { path: `/access-requests/${nobody}/end` }, 404],
  ['another method', { path: '/access-requests', method: 'PUT' }, 404],
  ['a GET of what changes', { path: `/access-requests/${nobody}/end`, method: 'GET' }, 404],
  ['another type', { path: '/access-requests', headers: { 'content-type': 'text/plain' }, body: '{}' }, 400],
  ['a page of a browser', { path: '/access-requests', headers: { origin: 'http://localhost' } }, 403],
])('nothing else is taken: %s', async (_what, how, status) => {
  expect((await askRaw(how)).status).toBe(status)
})

test('a body that does not come is not waited for', { timeout: 30_000 }, async () => {
  const asked = request({
    createConnection: () => ana.openToRelay() as never,
    method: 'POST',
    path: '/access-requests',
    headers: { host: 'jetway', 'content-type': 'application/json', 'content-length': '10' },
  })
  asked.on('error', () => {})
  asked.write('{')
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  expect(response.statusCode).toBe(408)
  asked.destroy()
})

test('it is not on the relay’s own port, nor behind a local port', async () => {
  const headers = { authorization: `Bearer ${await provider.token()}` }
  expect((await fetch(`${relay.url}/access-requests`, { headers })).status).toBe(404)
  expect((await fetch(`http://localhost:${portOf.get(ana)?.port}/access-requests`)).status).toBe(403)
})
