import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { LocalPort } from '#client/local-port.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { type CutProxy, startCutProxy } from '../../support/cut-proxy.ts'
import { detached } from '../../support/detached.ts'
import { eventually } from '../../support/eventually.ts'
import { openTunnelTo } from '../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

/** A real relay and a real tunnel, with a network between them that breaks. */
let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let proxy: CutProxy
let tunnel: Tunnel
let port: LocalPort

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  relay = await startOwnRelay(provider.issuer, {
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'user' }] },
    limits: { keepSessionSeconds: 3, maxSessionsPerPerson: 2 },
  })
  proxy = await startCutProxy(relay.port)
})
afterAll(async () => {
  await relay?.close()
  await proxy?.close()
  upstream?.close()
  await provider?.close()
})
beforeEach(async () => {
  port = await LocalPort.listen({ service: 'airflow', type: 'airflow', port: 0, detached })
  tunnel = await open(() => provider.token())
  port.attach(tunnel)
})
afterEach(async () => {
  proxy.refusing = false
  tunnel.close()
  await port.close()
})

const open = (token: () => Promise<string>) =>
  openTunnelTo(`ws://127.0.0.1:${proxy.port}/tunnel`, token, [{ name: 'airflow', localPort: port.port }])

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const runs = '/api/v2/dags/hello/dagRuns'
const cuts = ['reset', 'reset', 'black hole', 'reset', 'black hole'] as const

/** Calls `pass` for each chunk, and cuts the network at even distances. */
function cutter(total: number): (bytes: number) => void {
  let seen = 0
  let done = 0
  return (bytes) => {
    seen += bytes
    if (done < cuts.length && seen > ((done + 1) * total) / (cuts.length + 1)) {
      proxy.cut(cuts[done] as 'reset')
      done += 1
    }
  }
}

test('a download goes on through resets and black holes, byte for byte, as one answer', async () => {
  const body = randomBytes(30_000_000)
  let requests = 0
  upstream.answer = (_request, response) => {
    requests += 1
    response.end(body)
  }
  const before = proxy.connections
  const cut = cutter(body.length)
  const chunks: Buffer[] = []
  const response = await fetch(`http://localhost:${port.port}/api/v2/dags`)
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    cut(chunk.length)
  }
  expect(sha256(Buffer.concat(chunks))).toBe(sha256(body))
  expect(requests).toBe(1)
  expect(proxy.connections - before).toBeGreaterThanOrEqual(cuts.length)
})

test('an upload goes on as well, and the request is made once', async () => {
  const body = randomBytes(30_000_000)
  const cut = cutter(body.length)
  const received: Buffer[] = []
  let requests = 0
  upstream.answer = async (asked, response) => {
    requests += 1
    for await (const chunk of asked as AsyncIterable<Buffer>) {
      received.push(chunk)
      cut(chunk.length)
    }
    response.end('{}')
  }
  const ask = request({
    port: port.port,
    host: 'localhost',
    method: 'POST',
    path: '/api/v2/dags/hello/favorite',
    headers: { 'content-type': 'application/json', 'content-length': body.length },
  })
  ask.end(body)
  const [response] = (await once(ask, 'response')) as [IncomingMessage]
  await once(response.resume(), 'end')
  expect(response.statusCode).toBe(200)
  expect(sha256(Buffer.concat(received))).toBe(sha256(body))
  expect(requests).toBe(1)
})

test.each(['reset', 'black hole'] as const)(
  'a trigger whose answer meets a %s happens once, and is answered',
  async (how) => {
    let requests = 0
    upstream.answer = (_request, response) => {
      requests += 1
      proxy.cut(how)
      response.end('{"dag_run_id":"once"}')
    }
    const response = await fetch(`http://localhost:${port.port}${runs}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"logical_date":null}',
    })
    expect([response.status, await response.json(), requests]).toEqual([200, { dag_run_id: 'once' }, 1])
    const resumed = await eventually('the record', async () =>
      (await relay.records()).find(({ verb }) => verb === 'session.resume'),
    )
    expect(resumed).toMatchObject({ kind: 'session', principal: { name: 'ana@example.com' } })
  },
)

test('a relay that kept the session for its time lets go of it, and the loss is said', async () => {
  upstream.answer = () => {}
  const cut = fetch(`http://localhost:${port.port}/api/v2/dags`).catch((error: Error) => error)
  proxy.refusing = true
  proxy.cut('reset')
  expect((await tunnel.closed).code).toBeOneOf(['RELAY_UNREACHABLE', 'SESSION_LOST'])
  expect(await cut).toBeInstanceOf(Error)
  await eventually('the end at the relay', async () =>
    (await relay.records()).some(({ verb, error }) => verb === 'session.close' && error === 'SESSION_LOST'),
  )
})

test('a session resumes for no other person, whatever they know of it', async () => {
  let subject = 'user-1'
  const own = await open(() => provider.token({ sub: subject }))
  subject = 'user-2'
  proxy.cut('reset')
  expect(await own.closed).toMatchObject({ code: 'SESSION_LOST' })
})

test('sessions of one person: one more than allowed is refused, one that waits makes room', async () => {
  const second = await open(() => provider.token())
  await expect(open(() => provider.token())).rejects.toMatchObject({ code: 'TOO_MANY_SESSIONS' })
  second.close()
  await second.closed
  const third = await eventually('room', () => open(() => provider.token()).catch(() => null))
  third.close()
})
