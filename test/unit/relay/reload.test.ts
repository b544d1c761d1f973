import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { LocalPort } from '#client/local-port.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { freePort } from '../../../demo/free-port.ts'
import type { ReloadRecord } from '../../../relay/audit/reload-record.ts'
import { detached } from '../../support/detached.ts'
import { eventually } from '../../support/eventually.ts'
import { openTunnelTo } from '../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

/** A relay in this process, with a tunnel to it, in front of an upstream and a tcp server. */
let provider: TokenProvider
let upstream: ToldUpstream
let echo: Server
let relay: OwnRelay
let tunnel: Tunnel
let port: LocalPort
let tcpPort: LocalPort
const logLines: string[] = []
const log = pino({ level: 'info' }, { write: (line) => void logLines.push(line) })

const grant = (role: string, dags?: string[]) => ({ group: 'data-eng', role, ...(dags && { dags }) })
const policy = (...grants: object[]) => ({
  contact: 'Ask us.',
  grants,
  connect: [{ group: 'data-eng', services: ['echo'] }],
})
const services = () => ({
  airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } },
  echo: { type: 'tcp', address: `127.0.0.1:${(echo.address() as AddressInfo).port}`, localPort: 5432 },
})

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  new WebSocketServer({ server: upstream.server }).on('connection', (socket) =>
    socket.on('message', (data) => socket.send(data)),
  )
  echo = createServer((socket) => socket.on('error', () => {}).pipe(socket))
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
})
beforeEach(async () => {
  upstream.answer = (_request, response) => response.end('{}')
  relay = await startOwnRelay(
    provider.issuer,
    {
      services: services(),
      direct: 'airflow',
      policy: policy(grant('user')),
      limits: { drainSeconds: 1 },
    },
    log,
  )
  port = await LocalPort.listen({ service: 'airflow', type: 'airflow', port: 0, detached })
  tcpPort = await LocalPort.listen({ service: 'echo', type: 'tcp', port: 0, detached })
  tunnel = await openTunnelTo(relay.carrierUrl, () => provider.token(), [
    { name: 'airflow', localPort: port.port },
  ])
  for (const one of [port, tcpPort]) one.attach(tunnel)
})
afterEach(async () => {
  tunnel.close()
  await relay.close()
  await port.close()
  await tcpPort.close()
})
afterAll(async () => {
  echo?.close()
  upstream?.close()
  await provider?.close()
})

const local = () => `http://localhost:${port.port}`
const runs = '/api/v2/dags/hello/dagRuns'
const trigger = () =>
  fetch(local() + runs, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
const retiredAreGone = () =>
  eventually('the generations before have ended', async () => relay.status().retired.length === 0, 5000)

async function reloadRecords(): Promise<ReloadRecord[]> {
  await relay.auditLog.flush()
  return (await relay.records()).filter((record): record is ReloadRecord => record.kind === 'reload')
}

test('a narrower policy is at work at once, in sessions that were there before, and the record says what changed', async () => {
  expect((await trigger()).status).toBe(200)
  const before = relay.status().generation.id
  const result = await relay.reloadWith({ policy: policy(grant('viewer')) })
  expect((await trigger()).status).toBe(403)
  expect((await fetch(`${local()}/api/v2/dags`)).status).toBe(200)
  expect(result).toMatchObject({ before, swapped: true, widens: [], warnings: [] })
  expect(result.narrows.join()).toMatch(/data-eng: .*run\.trigger/)
  expect(await reloadRecords()).toMatchObject([
    {
      verb: 'relay.reload',
      source: { via: 'command' },
      decision: { effect: 'allow' },
      generation: result.after,
      error: null,
      reload: { before, after: result.after, user: 'test', allowWidening: false, narrows: result.narrows },
    },
  ])
  const decided = (await relay.records()).filter(({ verb }) => verb === 'run.trigger')
  expect(decided.map(({ generation, status }) => [generation, status])).toEqual([
    [before, 200],
    [result.after, 403],
  ])
  expect(relay.status()).toMatchObject({
    generation: { id: result.after },
    sessions: 1,
    lastReload: { by: { via: 'command', user: 'test' }, error: null },
  })
})

test.each([
  ['a role', () => ({ policy: policy(grant('op')) }), /data-eng: .*task/],
  [
    'a tcp service',
    () => ({
      policy: { ...policy(grant('user')), connect: [{ group: 'other', services: ['echo'] }] },
    }),
    /^other: tcp\.connect on echo$/,
  ],
  [
    'another server',
    () => ({
      services: { ...services(), echo: { ...services().echo, address: new URL(upstream.url).host } },
    }),
    /services\.echo becomes 127/,
  ],
  ['a signal', () => ({ reload: { allowWidening: true } }), /reload\.allowWidening/],
  [
    'another audience',
    () => ({
      identity: { oidc: { issuer: provider.issuer, clientId: 'jetway', audience: 'urn:other' } },
    }),
    /identity\.oidc\.audience/,
  ],
])('to widen by %s has to be said', async (_what, changes, words) => {
  const before = relay.status().generation.id
  await expect(relay.reloadWith(changes())).rejects.toMatchObject({ code: 'WIDENING_REFUSED' })
  expect(relay.status()).toMatchObject({
    generation: { id: before },
    lastReload: { error: { code: 'WIDENING_REFUSED' } },
  })
  const [refused] = await reloadRecords()
  expect(refused).toMatchObject({
    decision: { effect: 'deny', code: 'WIDENING_REFUSED' },
    generation: before,
    reload: { before },
  })
  expect(refused?.reload.widens.join()).toMatch(words)
  expect(await relay.reloadWith(changes(), { allowWidening: true })).toMatchObject({ swapped: true })
})

test('a signal widens where the configuration at work says so, and not where only the next one does', async () => {
  const widened = { policy: policy(grant('op')), reload: { allowWidening: true } }
  await expect(relay.reloadWith(widened, { allowWidening: null })).rejects.toMatchObject({
    code: 'WIDENING_REFUSED',
  })
  await relay.reloadWith({ reload: { allowWidening: true } }, { allowWidening: true })
  expect(await relay.reloadWith(widened, { allowWidening: null })).toMatchObject({ swapped: true })
})

test('a dry run says what would be, swaps nothing and leaves nothing', async () => {
  const before = relay.status().generation.id
  const result = await relay.reloadWith({ policy: policy(grant('op')) }, { dryRun: true })
  expect(result).toMatchObject({ before, swapped: false })
  expect(result.widens).not.toEqual([])
  expect(relay.status()).toMatchObject({ generation: { id: before }, retired: [], lastReload: null })
  expect(await reloadRecords()).toEqual([])
})

test.each([
  ['that is not valid', () => ({ policy: {} }), 'CONFIG_INVALID', 'policy'],
  [
    'with another port',
    () => ({ listen: { host: '127.0.0.1', port: 1, plain: true } }),
    'RESTART_NEEDED',
    'listen.port',
  ],
  ['with another audit log', () => ({ audit: { file: 'other.jsonl' } }), 'RESTART_NEEDED', 'audit.file'],
  ['with another control socket', () => ({ control: { socket: null } }), 'RESTART_NEEDED', 'control.socket'],
  [
    'with other heads',
    () => ({ limits: { maxHeaderBytes: 4096 } }),
    'RESTART_NEEDED',
    'limits.maxHeaderBytes',
  ],
])('a configuration %s is refused by name, and the relay goes on', async (_what, changes, code, name) => {
  const before = relay.status().generation.id
  await expect(relay.reloadWith(changes(), { allowWidening: true })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(name),
  })
  expect(relay.status().generation.id).toBe(before)
  expect((await trigger()).status).toBe(200)
  expect(await reloadRecords()).toMatchObject([{ decision: { effect: 'deny', code }, generation: before }])
})

test('a service that was reached and would not be is a failure; one that was not either is a warning', async () => {
  const gone = { ...services().airflow, url: `http://127.0.0.1:${await freePort()}` }
  const moved = { services: { ...services(), airflow: gone } }
  await expect(relay.reloadWith(moved, { allowWidening: true })).rejects.toMatchObject({
    code: 'SELF_TEST_FAILED',
    message: expect.stringContaining('services.airflow'),
  })
  expect((await trigger()).status).toBe(200)
  const more = { services: { ...services(), second: { ...gone, localPort: 8081 } } }
  const { warnings } = await relay.reloadWith(more, { allowWidening: true })
  expect(warnings).toEqual([expect.stringMatching(/^services\.second: .*ECONNREFUSED/)])
  expect(await relay.reloadWith({ ...more, policy: policy(grant('viewer')) })).toMatchObject({ warnings })
})

test('while the same provider is away, its keys as they were known go on; another one has to answer', async () => {
  const second = await startTokenProvider()
  const own = await startOwnRelay(second.issuer, {
    services: services(),
    direct: 'airflow',
    policy: policy(grant('user')),
  })
  try {
    const authorization = `Bearer ${await second.token()}`
    const ask = async () => (await fetch(`${own.url}/api/v2/dags`, { headers: { authorization } })).status
    expect(await ask()).toBe(200)
    await second.close()
    const { warnings } = await own.reloadWith({ policy: policy(grant('viewer')) })
    expect(warnings).toEqual([expect.stringContaining('identity.oidc')])
    expect(await ask()).toBe(200)
    const oidc = { issuer: `http://127.0.0.1:${await freePort()}`, clientId: 'jetway', audience: 'urn:x' }
    await expect(own.reloadWith({ identity: { oidc } }, { allowWidening: true })).rejects.toMatchObject({
      code: 'SELF_TEST_FAILED',
    })
  } finally {
    await own.close()
  }
})

test('a relay whose provider is away at its start is ready as soon as that is back', async () => {
  const second = await startTokenProvider()
  const url = new URL(second.issuer)
  await second.close()
  const own = await startOwnRelay(second.issuer, { services: services(), policy: policy(grant('user')) })
  const back = createHttpServer((request, response) =>
    response.end(
      JSON.stringify(
        request.url === '/jwks' ? { keys: [] } : { issuer: second.issuer, jwks_uri: `${second.issuer}/jwks` },
      ),
    ),
  )
  try {
    const ready = async () => (await fetch(`${own.url}/readyz`)).status
    expect(await ready()).toBe(503)
    back.listen(Number(url.port), '127.0.0.1')
    await eventually('it is ready', async () => (await ready()) === 200)
  } finally {
    await own.close()
    back.close()
    back.closeAllConnections()
  }
})

test('who signed in at another provider has to do it again', async () => {
  const second = await startTokenProvider()
  try {
    const identity = { oidc: { issuer: second.issuer, clientId: 'jetway', audience: 'urn:test:relay' } }
    await relay.reloadWith({ identity }, { allowWidening: true })
    expect(await tunnel.closed).toMatchObject({ code: 'UNAUTHENTICATED' })
    const authorization = `Bearer ${await provider.token()}`
    expect((await fetch(`${relay.url}/api/v2/dags`, { headers: { authorization } })).status).toBe(401)
  } finally {
    await second.close()
  }
})

test('what was begun before the swap ends as it was, by the rules that it began with', async () => {
  let finish = () => {}
  const begun = new Promise<void>((resolve) => {
    upstream.answer = (request, response) => {
      if (request.method !== 'POST') return response.end('{}')
      finish = () => response.end('{"dag_run_id":"slow"}')
      return resolve()
    }
  })
  const running = trigger()
  await begun
  const { before } = await relay.reloadWith({ policy: policy(grant('viewer')) })
  expect(relay.status().retired).toMatchObject([{ id: before, inFlight: 1 }])
  finish()
  expect(await (await running).json()).toEqual({ dag_run_id: 'slow' })
  await retiredAreGone()
  await relay.auditLog.flush()
  expect((await relay.records()).find(({ verb }) => verb === 'run.trigger')).toMatchObject({
    generation: before,
    status: 200,
    error: null,
  })
})

test('at the deadline requests, upgraded connections and connections to tcp services are cut, and recorded as cut', async () => {
  upstream.answer = (request, response) => {
    if (request.url?.includes('/wait')) response.write('begun')
    else response.end('{}')
  }
  const response = await fetch(`${local()}${runs}/r/wait?interval=1`)
  const socket = new WebSocket(`${local().replace('http', 'ws')}/api/v2/dags`)
  await once(socket, 'open')
  const tcp = connect(tcpPort.port, '127.0.0.1').on('error', () => {})
  tcp.write('x')
  await once(tcp, 'data')
  const closed = [once(socket, 'close'), closeOf(tcp), expect(response.text()).rejects.toThrow()]
  socket.on('error', () => {})
  const started = performance.now()
  const { before } = await relay.reloadWith({ limits: { drainSeconds: 1 }, name: 'other' })
  expect(relay.status().retired).toMatchObject([{ id: before, inFlight: 3 }])
  // Those of the generation at work are not touched.
  const next = connect(tcpPort.port, '127.0.0.1').on('error', () => {})
  next.write('x')
  await once(next, 'data')
  await Promise.all(closed)
  expect(performance.now() - started).toBeGreaterThan(900)
  await retiredAreGone()
  next.write('still')
  expect(String((await once(next, 'data'))[0])).toBe('still')
  await relay.auditLog.flush()
  const cut = (await relay.records()).filter(({ generation, error }) => generation === before && error)
  expect(cut.map(({ error }) => error)).toEqual(['DRAINING', 'DRAINING', 'DRAINING'])
  next.destroy()
})

test('who may not connect any more is refused at once, and what they had open ends at the deadline', async () => {
  const old = connect(tcpPort.port, '127.0.0.1').on('error', () => {})
  old.write('x')
  await once(old, 'data')
  await relay.reloadWith({ policy: { ...policy(grant('user')), connect: [] } })
  const refused = connect(tcpPort.port, '127.0.0.1').on('error', () => {})
  await closeOf(refused)
  old.write('y')
  expect(String((await once(old, 'data'))[0])).toBe('y')
  await closeOf(old)
  const records = await eventually('the records', async () => {
    const all = (await relay.records()).filter(
      ({ verb, kind }) => verb === 'tcp.connect' && kind === 'request',
    )
    return all.length === 2 && all
  })
  expect(records.map(({ decision, error }) => [decision?.effect, error])).toEqual([
    ['deny', 'FORBIDDEN'],
    ['allow', 'DRAINING'],
  ])
})

test('a session begins with the limits of the generation at work', async () => {
  expect(tunnel.welcome.limits.streams).toBe(256)
  await relay.reloadWith({ limits: { maxStreamsPerSession: 7 } })
  const next = await openTunnelTo(relay.carrierUrl, () => provider.token())
  expect(next.welcome.limits.streams).toBe(7)
  next.close()
})

test('widening waits until it can be recorded; narrowing does not', async () => {
  Object.defineProperty(relay.auditLog, 'writable', { value: false, configurable: true })
  try {
    await expect(
      relay.reloadWith({ policy: policy(grant('op')) }, { allowWidening: true }),
    ).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' })
    expect(await relay.reloadWith({ policy: policy(grant('viewer')) })).toMatchObject({ swapped: true })
  } finally {
    Reflect.deleteProperty(relay.auditLog, 'writable')
  }
})

test('every line of a request’s log names its generation, and the level is that of the generation at work', async () => {
  logLines.length = 0
  const { before, after } = await relay.reloadWith({ policy: policy(grant('viewer')) })
  expect((await trigger()).status).toBe(403)
  const lines = () => logLines.map((line) => JSON.parse(line))
  expect(lines().find(({ msg }) => msg === 'reloaded')).toMatchObject({ before, after })
  const request = await eventually('the request', async () => lines().find(({ msg }) => msg === 'request'))
  expect(request).toMatchObject({ generation: after, status: 403 })
  await relay.reloadWith({ log: { level: 'fatal' } }, { allowWidening: true })
  expect(log.level).toBe('fatal')
  await relay.reloadWith({})
  expect(log.level).toBe('info')
})

test('several at once come one after the other', async () => {
  const { id } = relay.status().generation
  const narrower = { policy: policy(grant('viewer')) }
  const results = await Promise.all([1, 2, 3].map(() => relay.reloadWith(narrower)))
  expect(results.filter(({ before }) => before === id)).toHaveLength(1)
  expect(new Set(results.map(({ after }) => after)).size).toBe(1)
})

function closeOf(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve))
}
