import { once } from 'node:events'
import { readFile, rename } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { LocalPort } from '#client/local-port.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { detached } from '../../support/detached.ts'
import { eventually } from '../../support/eventually.ts'
import { openTunnelTo } from '../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

/** A relay in this process, with a tunnel to it, in front of an upstream that does as it is told. */
let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let tunnel: Tunnel
let port: LocalPort
let local: string
const logLines: string[] = []

const runs = '/api/v2/dags/hello/dagRuns'
const post = (body: string | Buffer, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body,
})

const codeOf = async (response: Response) => ((await response.json()) as { code?: string }).code

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  const echo = new WebSocketServer({ server: upstream.server })
  echo.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
  const config = {
    services: {
      airflow: {
        type: 'airflow',
        url: upstream.url,
        identity: { keyFile: 'relay.pem' },
        timeoutSeconds: 2,
      },
    },
    direct: 'airflow',
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'user' }] },
    limits: { maxStreamsPerSession: 8, maxTriggerBodyBytes: 1024 },
  }
  const log = pino({ level: 'debug' }, { write: (line) => void logLines.push(line) })
  relay = await startOwnRelay(provider.issuer, config, log)
  port = await LocalPort.listen({ service: 'airflow', type: 'airflow', port: 0, detached })
  local = `http://localhost:${port.port}`
  tunnel = await open(await provider.token())
  port.attach(tunnel)
})
afterAll(async () => {
  tunnel?.close()
  await port?.close()
  await relay?.close()
  upstream?.close()
  await provider?.close()
})

const open = (accessToken: string) =>
  openTunnelTo(relay.carrierUrl, async () => accessToken, [{ name: 'airflow', localPort: port.port }])

test('a request arrives as it was sent, with a token of the person, and without what is not theirs to say', async () => {
  let seen: IncomingMessage | undefined
  upstream.answer = (request, response) => {
    seen = request
    response.setHeader('set-cookie', ['_token=a', 'session=b']).end('{"dags":[]}')
  }
  const response = await fetch(`${local}/api/v2/dags?limit=1&x=%2F`, {
    headers: { 'x-forwarded-user': 'root', remote_user: 'root', cookie: '_token=x; a=b', 'x-mine': '1' },
  })
  expect([response.status, await response.json(), response.headers.getSetCookie()]).toEqual([
    200,
    { dags: [] },
    ['session=b'],
  ])
  expect(seen?.url).toBe('/api/v2/dags?limit=1&x=%2F')
  expect(seen?.headers).toMatchObject({ 'x-mine': '1', cookie: 'a=b', 'x-forwarded-for': expect.any(String) })
  expect(seen?.headers).not.toHaveProperty('x-forwarded-user')
  expect(seen?.headers).not.toHaveProperty('remote_user')
  const [, claims = ''] = (seen?.headers.authorization ?? '').split('.')
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
    sub: 'ana@example.com',
    role: 'user',
  })
})

test('answers stream: the first bytes come before the last are made', async () => {
  let finish = () => {}
  upstream.answer = (_request, response) => {
    response.write('first')
    finish = () => response.end('last')
  }
  const response = await fetch(`${local}${runs}/r/wait?interval=1`)
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('first')
  finish()
  expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('last')
})

test('requests stream: 20 MB up and back, byte for byte', async () => {
  upstream.answer = (request, response) => request.pipe(response)
  const body = Buffer.alloc(20_000_000, 'abcdefghij')
  const response = await fetch(`${local}/api/v2/dags/hello/favorite`, post(body))
  expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true)
})

test('the person who goes away takes the upstream’s request along', async () => {
  const gone = new Promise<void>((resolve) => {
    upstream.answer = (_request, response) => {
      response.write('x')
      response.once('close', resolve)
    }
  })
  const controller = new AbortController()
  const response = await fetch(`${local}${runs}/r/wait?interval=1`, { signal: controller.signal })
  await response.body?.getReader().read()
  controller.abort()
  await gone
})

test('an upgrade goes through both ways', async () => {
  const socket = new WebSocket(`${local.replace('http', 'ws')}/api/v2/dags`)
  await once(socket, 'open')
  socket.send('hello')
  const [data] = await once(socket, 'message')
  expect(String(data)).toBe('hello')
  socket.close()
  await once(socket, 'close')
})

test('an upgrade of another site is refused', async () => {
  const socket = new WebSocket(`${local.replace('http', 'ws')}/api/v2/dags`, {
    origin: 'https://evil.example',
  })
  const [, response] = await once(socket, 'unexpected-response')
  expect(response.statusCode).toBe(403)
  socket.on('error', () => {})
  socket.terminate()
})

test('a trigger is recorded with digest and run', async () => {
  upstream.answer = (_request, response) => response.end('{"dag_run_id":"manual__1"}')
  await (await fetch(local + runs, post('{"logical_date":null,"conf":{"b":1,"a":2}}'))).text()
  await relay.auditLog.flush()
  const records = await relay.records()
  expect(records.at(-1)).toMatchObject({
    verb: 'run.trigger',
    resource: { dag: 'hello', run: 'manual__1' },
    confDigest: expect.stringMatching(/^sha256:/),
    decision: { effect: 'allow', policies: ['data-eng:user:*'] },
    status: 200,
    source: { via: 'tunnel' },
  })
})

test.each([
  ['at the limit', `{"conf":{"x":"${'y'.repeat(1024 - 17)}"}}`, {}, 200, undefined],
  ['one over the limit', `{"conf":{"x":"${'y'.repeat(1024 - 16)}"}}`, {}, 413, 'BODY_TOO_LARGE'],
  ['that is no JSON', 'hello', {}, 400, 'BAD_REQUEST'],
  ['that is a list', '[]', {}, 400, 'BAD_REQUEST'],
  ['that is compressed', '{}', { 'content-encoding': 'gzip' }, 400, 'BAD_REQUEST'],
])('the body of a trigger %s', async (_what, body, headers, status, code) => {
  upstream.answer = (_request, response) => response.end('{}')
  const response = await fetch(local + runs, post(body, headers))
  expect([response.status, await codeOf(response)]).toEqual([status, code])
})

test('an upstream that is silent or gone is said, and the request is not sent twice', async () => {
  let count = 0
  upstream.answer = () => {
    count += 1
  }
  const silent = await fetch(local + runs, post('{}'))
  expect([silent.status, await codeOf(silent), count]).toEqual([504, 'UPSTREAM_TIMEOUT', 1])
  upstream.answer = (request) => {
    count += 1
    request.socket.destroy()
  }
  const gone = await fetch(local + runs, post('{}'))
  expect([gone.status, await codeOf(gone), count]).toEqual([502, 'UPSTREAM_UNREACHABLE', 2])
})

test('direct HTTP takes a bearer token and the same rules', async () => {
  upstream.answer = (_request, response) => response.end('{"direct":true}')
  const url = `${relay.url}/api/v2/dags`
  expect((await fetch(url)).status).toBe(401)
  const authorization = `Bearer ${await provider.token()}`
  expect(await (await fetch(url, { headers: { authorization } })).json()).toEqual({ direct: true })
  expect((await fetch(`${relay.url}/api/v2/variables`, { headers: { authorization } })).status).toBe(403)
})

test('what the relay says of itself', async () => {
  expect(await (await fetch(`${relay.url}/healthz`)).json()).toEqual({ status: 'ok' })
  expect(await (await fetch(`${relay.url}/readyz`)).json()).toMatchObject({ status: 'ready' })
  expect(await (await fetch(`${relay.url}/.well-known/jetway`)).json()).toMatchObject({
    protocolVersions: [1],
    carrierUrl: relay.carrierUrl,
    oidc: { issuer: provider.issuer, clientId: 'jetway', redirectPorts: null },
    services: [{ name: 'airflow', type: 'airflow', localPort: 8080 }],
  })
})

const seconds = (n: number) => Math.floor(Date.now() / 1000) + n
test.each([
  ['for another audience', { aud: 'urn:other' }, 'UNAUTHENTICATED', 'unexpected "aud" claim value'],
  ['of another issuer', { iss: 'https://evil.example' }, 'UNAUTHENTICATED', 'a token of another issuer'],
  ['that has expired', { exp: seconds(-60) }, 'TOKEN_EXPIRED', '"exp" claim timestamp check failed'],
])(
  'a token %s is refused at the upgrade, with the reason in the log only',
  async (_what, claims, code, reason) => {
    const error = await open(await provider.token(claims)).catch((e) => e)
    expect(error).toMatchObject({ code })
    expect(`${error.message} ${error.action}`).not.toContain('claim')
    expect(
      logLines.some(
        (line) => line.includes('session refused') && line.includes(JSON.stringify(reason).slice(1, -1)),
      ),
    ).toBe(true)
    expect(logLines.join('')).not.toContain('eyJ')
  },
)

test('a new token of the same person goes on in the session, another person’s ends it', async () => {
  const own = await open(await provider.token({ exp: seconds(100) }))
  const exp = seconds(200)
  expect(await own.authenticate(await provider.token({ exp }))).toBe(exp)
  await expect(own.authenticate(await provider.token({ sub: 'bob' }))).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  })
  expect(await own.closed).toMatchObject({ code: 'UNAUTHENTICATED' })
})

test('a session ends with its token', async () => {
  const brief = await open(await provider.token({ exp: seconds(2) }))
  expect(await brief.closed).toMatchObject({ code: 'TOKEN_EXPIRED' })
})

test('what may change something is on the disk before Airflow hears of it; what reads leaves one record', async () => {
  const entries = async () =>
    (await readFile(relay.auditFile, 'utf8'))
      .split('\n')
      // What follows the last line's end is still being written.
      .slice(0, -1)
      .map((line) => JSON.parse(line))
  let seen: { id: string; kind: string }[] = []
  upstream.answer = async (_request, response) => {
    seen = await entries()
    response.end('{"dag_run_id":"manual__2"}')
  }
  const trigger = await fetch(local + runs, post('{"conf":{"a":1}}'))
  const id = trigger.headers.get('x-request-id') ?? ''
  expect(seen.find((entry) => entry.id === id)).toMatchObject({
    kind: 'intent',
    verb: 'run.trigger',
    confDigest: expect.stringMatching(/^sha256:/),
    decision: { effect: 'allow' },
    status: null,
    error: null,
  })
  const read = await fetch(`${local}/api/v2/dags`)
  await Promise.all([trigger.text(), read.text()])
  const kindsOf = async (response: Response) =>
    (await entries())
      .filter((entry) => entry.id === response.headers.get('x-request-id'))
      .map(({ kind }) => kind)
  await eventually('both have ended', async () => (await kindsOf(read)).length > 0)
  expect([await kindsOf(trigger), await kindsOf(read)]).toEqual([['intent', 'request'], ['request']])
})

test('while nothing can be recorded, reading goes on and nothing is changed', async () => {
  let changes = 0
  upstream.answer = (request, response) => {
    if (request.method === 'POST') changes += 1
    response.end('{}')
  }
  await rename(relay.auditFile, `${relay.auditFile}.away`)
  try {
    for (let times = 0; times < 2; times += 1) {
      const refused = await fetch(local + runs, post('{}'))
      expect([refused.status, await codeOf(refused)]).toEqual([503, 'AUDIT_UNAVAILABLE'])
      expect((await fetch(`${local}/api/v2/dags`)).status).toBe(200)
    }
    expect((await fetch(`${relay.url}/readyz`)).status).toBe(503)
    expect(changes).toBe(0)
  } finally {
    await rename(`${relay.auditFile}.away`, relay.auditFile)
  }
  await relay.auditLog.flush()
  expect((await fetch(local + runs, post('{}'))).status).toBe(200)
  expect(changes).toBe(1)
})

test('bytes that are no HTTP get a short answer', async () => {
  const socket = connect(port.port, '127.0.0.1')
  socket.end('hello\r\n\r\n')
  let text = ''
  for await (const chunk of socket) text += chunk
  expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request/)
})

test('draining: what was begun is finished, nothing new is taken', async () => {
  let finish = () => {}
  const begun = new Promise<void>((resolve) => {
    upstream.answer = (_request, response) => {
      finish = () => response.end('{"done":true}')
      resolve()
    }
  })
  const running = fetch(`${local}/api/v2/dags`)
  await begun
  const stopped = relay.stop(5000)
  await expect(fetch(`${relay.url}/healthz`)).rejects.toThrow()
  finish()
  expect(await (await running).json()).toEqual({ done: true })
  await stopped
  expect(await tunnel.closed).toMatchObject({ code: 'DRAINING' })
})
