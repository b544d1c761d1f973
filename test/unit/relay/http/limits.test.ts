import { once } from 'node:events'
import { Agent, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { LocalPort } from '#client/local-port.ts'
import { freePort } from '../../../../demo/free-port.ts'
import { startCutProxy } from '../../../support/cut-proxy.ts'
import { detached } from '../../../support/detached.ts'
import { eventually } from '../../../support/eventually.ts'
import { openTunnelTo } from '../../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** A relay that takes little, against those who want much, are slow, or never end. */
let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let metricsUrl: string
const lines: Record<string, unknown>[] = []
const opened: Socket[] = []

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
})
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy()
  await relay?.close()
})
afterAll(async () => {
  upstream?.close()
  await provider?.close()
})

const dags = '/api/v2/dags'
const runs = '/api/v2/dags/hello/dagRuns'

async function start(requests: object, connections = 64): Promise<void> {
  lines.length = 0
  const port = await freePort()
  metricsUrl = `http://127.0.0.1:${port}/metrics`
  relay = await startOwnRelay(
    provider.issuer,
    {
      services: {
        airflow: {
          type: 'airflow',
          url: upstream.url,
          identity: { keyFile: 'relay.pem' },
          timeoutSeconds: 60,
          connections,
        },
      },
      direct: 'airflow',
      policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'user' }] },
      limits: { requests },
      metrics: { port },
    },
    pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) }),
  )
}

const bearer = async (sub: string) => `Bearer ${await provider.token({ sub })}`

async function ask(path: string, authorization: string, o: { body?: string; signal?: AbortSignal } = {}) {
  const response = await fetch(`${relay.url}${path}`, {
    headers: { authorization, 'content-type': 'application/json' },
    ...(o.body === undefined ? {} : { method: 'POST', body: o.body }),
    ...(o.signal ? { signal: o.signal } : {}),
  })
  const { code } = (await response.json()) as { code?: string }
  return { status: response.status, code, retryAfter: response.headers.get('retry-after') }
}

/** Answers that are given when they are asked for, oldest first. */
function heldAnswers() {
  const held: { request: IncomingMessage; response: ServerResponse }[] = []
  upstream.answer = (request, response) => void held.push({ request, response })
  return held
}

/** A local port of ana's, whose connection can be cut. */
async function startTunnel() {
  const cut = await startCutProxy(relay.port)
  const port = await LocalPort.listen({ service: 'airflow', type: 'airflow', port: 0, detached })
  const tunnel = await openTunnelTo(
    relay.carrierUrl.replace(String(relay.port), String(cut.port)),
    () => provider.token(),
    [{ name: 'airflow', localPort: port.port }],
  )
  port.attach(tunnel)
  return {
    port: port.port,
    away() {
      cut.refusing = true
      cut.cut('reset')
    },
    back() {
      cut.refusing = false
    },
    async close() {
      tunnel.close()
      await port.close()
      await cut.close()
    },
  }
}

const lineOf = (msg: string) => eventually(msg, async () => lines.find((line) => line.msg === msg))

function dial(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  opened.push(socket)
  return socket
}

async function textOf(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}

test('a stalled route is held back; others, health and those who come after it recovered are not', async () => {
  await start({ perRoute: 2, perPrincipal: 8, waiting: 6, maxWaitSeconds: 1 }, 4)
  const held = heldAnswers()
  const people = await Promise.all(Array.from({ length: 5 }, (_, i) => bearer(`p${i}`)))
  const triggers = Array.from({ length: 20 }, (_, i) => ask(runs, people[i % 5] as string, { body: '{}' }))
  await eventually('two triggers under way', async () => held.length === 2)
  expect((await fetch(`${relay.url}/healthz`)).status).toBe(200)
  const reading = ask(dags, people[0] as string)
  await eventually('reading is under way', async () => held.length === 3)
  held[2]?.response.end('{}')
  expect((await reading).status).toBe(200)
  const refused = await eventually('all but two are refused', async () => {
    const settled = await Promise.all(triggers.map((one) => Promise.race([one, null])))
    const over = settled.filter((one) => one !== null)
    return over.length === 18 && over
  })
  for (const one of refused) expect(one).toMatchObject({ status: 503, code: 'OVERLOADED', retryAfter: '1' })
  expect(held.length).toBe(3)
  upstream.answer = (_request, response) => response.end('{}')
  for (const { response } of held.slice(0, 2)) response.end('{}')
  const after = await Promise.all(people.map((one) => ask(runs, one, { body: '{}' })))
  expect(after.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
})

test('one person with hundreds of requests does not hold back another', async () => {
  await start({ perPrincipal: 2, waitingPerPrincipal: 400, maxWaitSeconds: 30 }, 2)
  const held = heldAnswers()
  const [ana, bob] = [await bearer('ana'), await bearer('bob')]
  const many = Array.from({ length: 300 }, () => ask(dags, ana))
  const waiting = (count: number) =>
    eventually(`${count} wait`, async () => {
      const text = await (await fetch(metricsUrl)).text()
      return text.includes(`jetway_waiting{service="airflow"} ${count}\n`)
    })
  await waiting(298)
  const one = ask(dags, bob)
  await waiting(299)
  // The first place that is left is still the turn of the one who came first, the second is the other's.
  for (const next of [0, 1, 2, 3]) {
    await eventually('the next is under way', async () => held.length > next)
    held[next]?.response.end('{}')
  }
  expect((await one).status).toBe(200)
  upstream.answer = (_request, response) => response.end('{}')
  for (const { response } of held.slice(4)) response.end('{}')
  expect(new Set((await Promise.all(many)).map(({ status }) => status))).toEqual(new Set([200]))
})

test('too much of one’s own is said as such, and one who goes away makes room', async () => {
  await start({ perPrincipal: 1, waitingPerPrincipal: 1, maxWaitSeconds: 30 })
  const held = heldAnswers()
  const ana = await bearer('ana')
  const controller = new AbortController()
  const first = ask(dags, ana, { signal: controller.signal })
  await eventually('the first is under way', async () => held.length === 1)
  const settled = [ask(dags, ana), ask(dags, ana)]
  expect(await Promise.race(settled)).toMatchObject({
    status: 429,
    code: 'TOO_MANY_REQUESTS',
    retryAfter: '1',
  })
  controller.abort()
  await expect(first).rejects.toThrow()
  await eventually('the one that waited is under way', async () => held.length === 2)
  held[1]?.response.end('{}')
  expect((await Promise.all(settled)).map(({ status }) => status).sort()).toEqual([200, 429])
})

test('a head that does not come to its end is given up, inside a tunnel, too', async () => {
  await start({ headSeconds: 1 })
  const tunnelled = await startTunnel()
  const answers = [tunnelled.port, relay.port].map((number) => {
    const socket = dial(number)
    socket.write('GET /api/v2/dags HTTP/1.1\r\nhost: localhost\r\nx-a: ')
    return textOf(socket)
  })
  for (const answer of answers) expect(await answer).toMatch(/^HTTP\/1\.1 408 /)
  await tunnelled.close()
})

test('a connection over which nothing is asked is closed without a word, and nobody is recorded', async () => {
  await start({ headSeconds: 1 })
  const tunnelled = await startTunnel()
  expect(await Promise.all([tunnelled.port, relay.port].map((number) => textOf(dial(number))))).toEqual([
    '',
    '',
  ])
  await relay.auditLog.flush()
  expect((await relay.records()).filter(({ kind }) => kind === 'request')).toEqual([])
  await tunnelled.close()
})

test.each([
  ['that is read here', runs],
  ['that streams through', '/api/v2/dags/hello/favorite'],
])('a body %s and hardly comes is cut', async (_what, path) => {
  await start({ stalledSeconds: 1 })
  heldAnswers()
  const socket = dial(relay.port)
  const head = `host: a\r\nauthorization: ${await bearer('ana')}\r\ncontent-length: 1000`
  socket.write(`POST ${path} HTTP/1.1\r\n${head}\r\n\r\n{"a"`)
  expect(await textOf(socket)).toMatch(/^HTTP\/1\.1 408 [\s\S]*TOO_SLOW/)
  await relay.auditLog.flush()
  expect((await relay.records()).at(-1)).toMatchObject({ status: 408, error: 'TOO_SLOW' })
})

test('a body that waits for the upstream is not the client’s fault', async () => {
  await start({ stalledSeconds: 1 })
  let go = () => {}
  const begun = new Promise<void>((resolve) => {
    upstream.answer = (request, response) => {
      go = () => request.resume().once('end', () => response.end('{}'))
      resolve()
    }
  })
  const big = ask('/api/v2/dags/hello/favorite', await bearer('ana'), { body: 'x'.repeat(8_000_000) })
  await begun
  const slow = dial(relay.port)
  // Cut after as long: so the other had its time.
  slow.write(
    `POST ${runs} HTTP/1.1\r\nhost: a\r\nauthorization: ${await bearer('bob')}\r\ncontent-length: 9\r\n\r\n{`,
  )
  expect(await textOf(slow)).toContain('TOO_SLOW')
  go()
  expect((await big).status).toBe(200)
})

test.each(['directly', 'through a tunnel'])('a reader that takes nothing is cut, %s', async (way) => {
  await start({ stalledSeconds: 2 })
  const tunnelled = way === 'directly' ? null : await startTunnel()
  let written = 0
  const closed = new Promise<void>((resolve) => {
    upstream.answer = (_request, response) => {
      const block = Buffer.alloc(65_536)
      const more = () => {
        do written += block.length
        while (!response.destroyed && response.write(block))
      }
      response.on('drain', more).once('close', resolve)
      more()
    }
  })
  const number = tunnelled?.port ?? relay.port
  const socket = dial(number).pause()
  socket.on('error', () => {})
  const host = `localhost:${number}`
  const logs = `${runs}/r/taskInstances/t/logs/1`
  socket.write(`GET ${logs} HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${await bearer('ana')}\r\n\r\n`)
  await closed
  // Little is kept for it until then: what sockets and windows take.
  expect(written).toBeLessThan(64_000_000)
  await eventually('it is recorded', async () => {
    await relay.auditLog.flush()
    return (await relay.records()).at(-1)?.error === 'TOO_SLOW'
  })
  await tunnelled?.close()
})

test('a client that is away and expected back is not slow', async () => {
  const held = heldAnswers()
  await start({ stalledSeconds: 1 })
  const tunnelled = await startTunnel()
  const socket = dial(tunnelled.port)
  const head = `host: localhost:${tunnelled.port}\r\ncontent-length: 10`
  socket.write(`POST /api/v2/dags/hello/favorite HTTP/1.1\r\n${head}\r\n\r\n12345`)
  await eventually('it is under way', async () => held.length === 1)
  tunnelled.away()
  const slow = dial(relay.port)
  slow.write(
    `POST ${runs} HTTP/1.1\r\nhost: a\r\nauthorization: ${await bearer('bob')}\r\ncontent-length: 9\r\n\r\n{`,
  )
  expect(await textOf(slow)).toContain('TOO_SLOW')
  tunnelled.back()
  held[0]?.request.resume().once('end', () => held[0]?.response.end('{}'))
  socket.write('67890')
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /)
  await tunnelled.close()
})

test('a request that never gets an answer is named, given up, and broken off', async () => {
  await start({ slowSeconds: 1, unsettledSeconds: 2 })
  const held = heldAnswers()
  const answer = ask(dags, await bearer('ana'))
  await eventually('it is under way', async () => held.length === 1)
  const brokenOff = once(held[0]?.response as ServerResponse, 'close')
  expect(await lineOf('request without an answer')).toMatchObject({
    level: 40,
    stage: 'upstream',
    operation: 'get_dags',
  })
  expect(await answer).toMatchObject({ status: 504, code: 'UNSETTLED' })
  expect(lines.filter(({ msg }) => msg === 'request without an answer')).toHaveLength(1)
  await brokenOff
})

test('idle connections make room where there are too many', async () => {
  await start({ connections: 16 })
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const healthy = () =>
    new Promise<number>((resolve, reject) => {
      get(`${relay.url}/healthz`, { agent }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0))
      }).once('error', reject)
    })
  await Promise.all(Array.from({ length: 16 }, healthy))
  // The first that is too much is dropped, and has made room for those that follow.
  await eventually('another gets in', () =>
    fetch(`${relay.url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  agent.destroy()
})

test('an upgraded connection is no request without an answer, however long it is open', async () => {
  await start({ slowSeconds: 1, unsettledSeconds: 2 })
  const server = new WebSocketServer({ server: upstream.server })
  const socket = new WebSocket(`${relay.url.replace('http', 'ws')}${dags}`, {
    headers: { authorization: await bearer('ana') },
  })
  let isOver = false
  socket.once('close', () => {
    isOver = true
  })
  await once(socket, 'open')
  // Beside it, one that has none is given up.
  upstream.answer = () => {}
  expect(await ask(dags, await bearer('ana'))).toMatchObject({ status: 504, code: 'UNSETTLED' })
  expect(isOver).toBe(false)
  expect(lines.filter(({ msg }) => msg === 'request given up')).toHaveLength(1)
  socket.terminate()
  server.close()
})
