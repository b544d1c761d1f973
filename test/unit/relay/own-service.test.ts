import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { askAccess } from '#client/ask-relay.ts'
import { LocalPort } from '#client/local-port.ts'
import type { Tunnel } from '#client/tunnel.ts'
import type { ActivityLine } from '#shared/ipc/activity-lines.ts'
import { version } from '#shared/version.ts'
import { keptEntries } from '../../../relay/activity/session-activity.ts'
import { openFeed } from '../../support/activity-feed.ts'
import { detached } from '../../support/detached.ts'
import { openTunnelTo } from '../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

/** A real relay, and two people with a tunnel each. */
let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let ana: Tunnel
let port: LocalPort
const echo = createServer((socket) => socket.on('error', () => {}).end('hello'))
const opened: Tunnel[] = []

const config = () => ({
  services: {
    airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } },
    db: { type: 'tcp', address: `127.0.0.1:${(echo.address() as { port: number }).port}`, localPort: 5432 },
    vault: { type: 'tcp', address: '127.0.0.1:9', localPort: 5433 },
  },
  policy: {
    contact: 'Ask #data-platform.',
    grants: [
      { group: 'data-eng', role: 'viewer' },
      { group: 'data-eng', role: 'user', dags: ['etl_*'] },
      { group: 'finance', role: 'op', dags: ['finance_*'] },
    ],
    connect: [{ group: 'data-eng', services: ['db'] }],
  },
})

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
})
afterAll(async () => {
  echo.close()
  upstream?.close()
  await provider?.close()
})
beforeEach(async () => {
  upstream.answer = (_request, response) => response.end('{}')
  relay = await startOwnRelay(provider.issuer, config())
  port = await LocalPort.listen({ service: 'airflow', type: 'airflow', port: 0, detached })
  ana = await tunnelOf('ana')
  port.attach(ana)
})
afterEach(async () => {
  for (const tunnel of opened.splice(0)) tunnel.close()
  await port.close()
  await relay.close()
})

async function tunnelOf(sub: string, claims: Record<string, unknown> = {}): Promise<Tunnel> {
  const services = [{ name: 'airflow', localPort: port.port }]
  const tunnel = await openTunnelTo(relay.carrierUrl, () => provider.token({ sub, ...claims }), services)
  opened.push(tunnel)
  return tunnel
}

const get = (path: string, init?: RequestInit) => fetch(`http://localhost:${port.port}${path}`, init)
const trigger = (dag: string, query = '') =>
  get(`/api/v2/dags/${dag}/dagRuns${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer hidden-token' },
    body: JSON.stringify({ conf: { password: 'hidden-password' } }),
  })
const isLive = (line: object) => 'live' in line
const entriesOf = (lines: readonly ActivityLine[]) =>
  lines.flatMap((line) => ('entry' in line ? [line.entry] : []))

/** Asks the relay's own service as whoever writes a client of their own would. */
async function askRaw(o: {
  path: string
  method?: string
  headers?: Record<string, string>
}): Promise<{ status: number | undefined; body: string }> {
  const asked = request({
    createConnection: () => ana.openToRelay() as never,
    ...o,
    headers: { host: 'jetway', ...o.headers },
  })
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: response.statusCode, body: await text(response) }
}

test('tells a person what they may do, and nothing of what others may', async () => {
  const told = await askAccess(ana)
  expect(told).toMatchObject({
    person: { kind: 'person', name: 'ana@example.com', groups: ['data-eng'], groupsProblem: null },
    contact: 'Ask #data-platform.',
    forbids: [],
    otherPolicies: 0,
    omitted: 0,
    relayVersion: version,
  })
  const [airflow, db, vault] = told.services
  expect(airflow).toMatchObject({ name: 'airflow', type: 'airflow', airflowRole: 'user' })
  expect(airflow?.grants.map(({ policy }) => policy)).toEqual(['data-eng:viewer:*', 'data-eng:user:etl_*'])
  expect(airflow?.grants[1]).toMatchObject({ role: 'user', group: 'data-eng', dags: ['etl_*'], tags: null })
  expect(airflow?.grants[1]?.verbs).toContain('run.trigger')
  expect(db?.grants).toMatchObject([{ role: 'connect', verbs: ['tcp.connect'], dags: [] }])
  expect(vault?.grants).toEqual([])
  expect(JSON.stringify(told)).not.toContain('finance')

  const bo = await tunnelOf('bo', { email: 'bo@example.com', groups: ['sales'] })
  const nothing = await askAccess(bo)
  expect(nothing.services.flatMap(({ grants }) => grants)).toEqual([])
  expect(nothing.services[0]?.airflowRole).toBeNull()
})

test('tells what went through before someone looked on and what goes through then, and why it was refused', async () => {
  await get('/api/v2/dags/etl_orders?secret=hidden-query')
  const denial = await (await trigger('finance_close', '?token=hidden-query')).json()
  const feed = await openFeed(ana)
  await feed.until(isLive)
  const before = entriesOf(feed.lines)
  expect(before).toMatchObject([
    {
      service: 'airflow',
      verb: 'dag.read',
      dag: 'etl_orders',
      method: 'GET',
      path: '/api/v2/dags/etl_orders',
      status: 200,
      effect: 'allow',
      problem: null,
      agent: null,
    },
    { verb: 'run.trigger', dag: 'finance_close', status: 403, effect: 'deny' },
  ])
  const { code, title, detail, action, instance } = denial as Record<string, string>
  expect(before[1]?.problem).toEqual({ code, title, detail, action })
  expect(instance).toBe(`urn:jetway:request:${before[1]?.id}`)
  await trigger('etl_orders')
  await feed.until((line) => 'number' in line && line.number === 3)
  expect(entriesOf(feed.lines)[2]).toMatchObject({ verb: 'run.trigger', dag: 'etl_orders', effect: 'allow' })
  expect(JSON.stringify(feed.lines)).not.toContain('hidden')
  feed.close()
})

test('tells of connections to tcp services, and of those that were refused', async () => {
  const feed = await openFeed(ana)
  for (const service of ['db', 'vault']) {
    const local = await LocalPort.listen({ service, type: 'tcp', port: 0, detached })
    local.attach(ana)
    await fetch(`http://127.0.0.1:${local.port}`).catch(() => {})
    await feed.until((line) => 'entry' in line && line.entry.service === service)
    await local.close()
  }
  expect(entriesOf(feed.lines)).toMatchObject([
    { service: 'db', verb: 'tcp.connect', method: null, path: null, status: null, effect: 'allow' },
    { service: 'vault', effect: 'deny', problem: { code: 'FORBIDDEN' } },
  ])
  feed.close()
})

test('a session is told of itself alone: not of another person, nor of another session of the same one', async () => {
  const others = [await tunnelOf('bo', { email: 'bo@example.com' }), await tunnelOf('ana')]
  const feeds = await Promise.all([ana, ...others].map(openFeed))
  for (const [i, tunnel] of [ana, ...others].entries()) {
    const local = await LocalPort.listen({ service: 'airflow', type: 'airflow', port: 0, detached })
    local.attach(tunnel)
    await fetch(`http://localhost:${local.port}/api/v2/dags/of_${i}`)
    await feeds[i]?.until((line) => 'entry' in line)
    await local.close()
  }
  for (const [i, feed] of feeds.entries()) {
    expect(entriesOf(feed.lines)).toMatchObject([{ dag: `of_${i}` }])
    feed.close()
  }
})

test.each([
  ['another path', { path: '/sessions' }],
  ['a path below', { path: '/access/bo' }],
  ['a query', { path: '/access?person=bo' }],
  ['a POST', { path: '/access', method: 'POST' }],
  ['a HEAD', { path: '/access', method: 'HEAD' }],
  ['a DELETE', { path: '/activity', method: 'DELETE' }],
  ['the discovery document', { path: '/.well-known/jetway' }],
  ['the health of the relay', { path: '/healthz' }],
])('nothing else is there: %s', async (_what, how) => {
  expect(await askRaw(how)).toMatchObject({ status: 404 })
})

test('an upgrade is not taken, and neither is what a page of a browser asks', async () => {
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
  const key = { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' }
  expect(await askRaw({ path: '/activity', headers: { ...upgrade, ...key } })).toMatchObject({ status: 404 })
  const origin = { origin: `http://localhost:${port.port}` }
  const refused = await askRaw({ path: '/access', headers: origin })
  expect(JSON.parse(refused.body)).toMatchObject({ code: 'ORIGIN_NOT_ALLOWED' })
  expect(await askRaw({ path: '/access', headers: { 'sec-fetch-site': 'none' } })).toMatchObject({
    status: 403,
  })
})

test('it is not on the relay’s own port, nor behind a local port, nor where HTTP comes directly', async () => {
  const headers = { authorization: `Bearer ${await provider.token()}` }
  for (const path of ['/access', '/activity']) {
    expect((await fetch(relay.url + path, { headers })).status).toBe(404)
    expect((await get(path)).headers.get('content-type')).not.toContain('ndjson')
    expect((await get(path)).status).toBe(403)
  }
  await relay.close()
  relay = await startOwnRelay(provider.issuer, { ...config(), direct: 'airflow' })
  for (const path of ['/access', '/activity']) {
    const response = await fetch(relay.url + path, { headers })
    expect(await response.json()).toMatchObject({ code: 'ROUTE_UNKNOWN' })
  }
})

test('which Jetway the relay is reads nobody who is not signed in', async () => {
  for (const path of ['/', '/access', '/.well-known/jetway', '/.well-known/jetway/whoami']) {
    const response = await fetch(`${relay.url}${path}`)
    const told = `${JSON.stringify([...response.headers])} ${await response.text()}`
    expect(told).not.toContain(version)
  }
})

test('to look on is no activity, and is not in the audit log', async () => {
  await askAccess(ana)
  const feed = await openFeed(ana)
  await get('/api/v2/dags/etl_orders')
  await feed.until((line) => 'entry' in line)
  feed.close()
  expect(entriesOf(feed.lines)).toHaveLength(1)
  const requests = (await relay.records()).filter(({ kind }) => kind === 'request')
  expect(requests.map(({ path }) => path)).toEqual(['/api/v2/dags/etl_orders'])
})

test(`${keptEntries} entries are kept, and no more`, async () => {
  for (let i = 0; i < keptEntries + 1; i += 1) await (await get('/api/v2/version')).text()
  const feed = await openFeed(ana)
  await feed.until(isLive)
  feed.close()
  const numbers = feed.lines.flatMap((line) => ('number' in line ? [line.number] : []))
  expect(numbers).toEqual(Array.from({ length: keptEntries }, (_, i) => i + 2))
})

test('who reads too slowly loses the oldest and is told how many, and nobody waits for them', async () => {
  const feed = await openFeed(ana)
  await feed.until(isLive)
  feed.response.pause()
  const many = 3000
  const path = `/api/v2/dags/etl_${'x'.repeat(240)}`
  for (let i = 0; i < many / 50; i += 1)
    await Promise.all(Array.from({ length: 50 }, async () => (await get(path)).text()))
  feed.response.resume()
  await feed.until((line) => 'number' in line && line.number === many)
  const lost = feed.lines.reduce((sum, line) => sum + ('lost' in line ? line.lost : 0), 0)
  expect(lost).toBeGreaterThan(0)
  expect(lost + entriesOf(feed.lines).length).toBe(many)
  feed.close()
})

test('so many may look on at once in a session, and no more', async () => {
  const feeds = []
  for (let i = 0; i < 4; i += 1) feeds.push(await openFeed(ana))
  await expect(openFeed(ana)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' })
  for (const feed of feeds) feed.close()
})

test('the relay is asked so often in a minute, and no more', async () => {
  for (let i = 0; i < 60; i += 1) await askAccess(ana)
  await expect(askAccess(ana)).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  // Each session by itself.
  await askAccess(await tunnelOf('ana'))
})

test('another configuration is told of from then on', async () => {
  const { policy } = config()
  await relay.reloadWith({ policy: { ...policy, grants: [] } })
  expect((await askAccess(ana)).services[0]?.grants).toEqual([])
})

test('a relay that stops does not wait for those who look on', async () => {
  const feed = await openFeed(ana)
  await Promise.all([relay.stop(600_000), once(feed.response, 'close')])
  expect(feed.response.complete).toBe(true)
})

test('tells which Airflow it is, once a minute, to whoever may read that there and to nobody else', async () => {
  let asked = 0
  upstream.answer = ({ url }, response) => {
    if (url === '/api/v2/version') asked += 1
    response.end('{"version":"3.3.2"}')
  }
  const bo = await tunnelOf('bo', { email: 'bo@example.com', groups: ['sales'] })
  const versions = async (tunnel: Tunnel) => (await askAccess(tunnel)).services.map(({ version }) => version)
  expect(await versions(bo)).toEqual([null, null, null])
  expect(asked).toBe(0)
  expect(await versions(ana)).toEqual(['3.3.2', null, null])
  expect(await versions(ana)).toEqual(['3.3.2', null, null])
  expect(asked).toBe(1)
  const { policy } = config()
  await relay.reloadWith({ policy: { ...policy, forbid: [{ verbs: ['version.read'], reason: 'Nobody.' }] } })
  expect(await versions(ana)).toEqual([null, null, null])
  // Nobody asked for it but the relay.
  expect((await relay.records()).filter(({ kind }) => kind === 'request')).toEqual([])
})
