import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { LocalPort } from '#client/local-port.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { run } from '../../../build/setup/run.ts'
import type { AuditRecord } from '../../../relay/audit/record.ts'
import { openSqliteState } from '../../../relay/state/sqlite.ts'
import { detached } from '../../support/detached.ts'
import { eventually } from '../../support/eventually.ts'
import { openTunnelTo } from '../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

const main = join(import.meta.dirname, '../../../relay/main.ts')
/** What a machine that does other things as well may take for it here: it fails when nothing comes of it at all. */
const generousMs = 10_000

let provider: TokenProvider
let upstream: ToldUpstream
let echo: Server
let relay: OwnRelay
let port: LocalPort
let tcpPort: LocalPort
let tunnel: Tunnel
const signedIn = Math.floor(Date.now() / 1000) - 60
const claims = { jti: 'token-1', sid: 'provider-1', auth_time: signedIn }

beforeEach(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  new WebSocketServer({ server: upstream.server })
  upstream.answer = (request, response) => {
    if (request.url === '/silent') return
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    const timer = setInterval(() => response.write('{"line":1}\n'), 10)
    response.once('close', () => clearInterval(timer))
  }
  echo = createServer((socket) => socket.on('error', () => {}).pipe(socket))
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const { port: echoPort } = echo.address() as AddressInfo
  relay = await startOwnRelay(provider.issuer, {
    services: {
      wiki: { type: 'http', url: upstream.url, localPort: 8100, identity: { keyFile: 'relay.pem' } },
      echo: { type: 'tcp', address: `127.0.0.1:${echoPort}`, localPort: 5432 },
    },
    direct: 'wiki',
    policy: {
      contact: 'Ask us.',
      grants: [],
      http: [{ group: 'data-eng', services: ['wiki'], verbs: ['http.read', 'http.write'] }],
      connect: [{ group: 'data-eng', services: ['echo'] }],
    },
  })
  port = await LocalPort.listen({ service: 'wiki', type: 'http', port: 0, detached })
  tcpPort = await LocalPort.listen({ service: 'echo', type: 'tcp', port: 0, detached })
  tunnel = await openTunnelTo(relay.carrierUrl, () => provider.token(claims), [
    { name: 'wiki', localPort: port.port },
  ])
  for (const one of [port, tcpPort]) one.attach(tunnel)
})
afterEach(async () => {
  tunnel?.close()
  await port?.close()
  await tcpPort?.close()
  await relay?.close()
  echo?.close()
  upstream?.close()
  await provider?.close()
})

const command = (...args: string[]) => run(process.execPath, [main, ...args, '--config', relay.configFile])

/** Something that is open, and when it ended. */
interface Open {
  readonly what: string
  readonly ended: Promise<number>
}

/** However it ends. */
const endOf = (emitter: IncomingMessage | Socket | WebSocket): Promise<number> =>
  new Promise((resolve) => {
    emitter.on('error', () => {})
    emitter.once('close', () => resolve(performance.now()))
  })

async function download(what: string, base: string, headers: Record<string, string> = {}): Promise<Open> {
  const asked = request(`${base}/log`, { headers }).end()
  asked.on('error', () => {})
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  await once(response, 'data')
  response.resume()
  return { what, ended: endOf(response) }
}

async function webSocket(what: string, base: string, headers: Record<string, string> = {}): Promise<Open> {
  const socket = new WebSocket(base.replace('http', 'ws'), { headers })
  await once(socket, 'open')
  return { what, ended: endOf(socket) }
}

/** One that has no answer yet. */
function waiting(
  what: string,
  base: string,
  headers: Record<string, string>,
): Open & { status: Promise<number> } {
  const asked = request(`${base}/silent`, { headers }).end()
  const status = new Promise<number>((resolve) => {
    asked.once('response', (response) => resolve(response.resume().statusCode ?? 0))
    asked.once('error', () => resolve(0))
  })
  return { what, status, ended: status.then(() => performance.now()) }
}

async function tcp(): Promise<Open> {
  const socket = connect(tcpPort.port, '127.0.0.1').on('error', () => {})
  socket.write('x')
  await once(socket, 'data')
  socket.resume()
  return { what: 'tcp', ended: endOf(socket) }
}

async function openAll(direct: Record<string, string>) {
  const local = `http://localhost:${port.port}`
  const silent = waiting('direct, unanswered', relay.url, direct)
  const all = [
    await download('direct download', relay.url, direct),
    await webSocket('direct WebSocket', relay.url, direct),
    await download('tunnel download', local),
    await webSocket('tunnel WebSocket', local),
    await tcp(),
  ]
  // Opened before them, and asked for at its service by now.
  return { all: [...all, silent], silent }
}

/** When the entry can be seen by the relay, from here on it counts. */
async function entered(): Promise<number> {
  const state = openSqliteState(join(relay.configFile, '../jetway-state.db'))
  await eventually('it is entered', async () => (await state.revocations.active(0)).length > 0, generousMs)
  await state.close()
  return performance.now()
}

async function recordsOf(verb: string): Promise<AuditRecord[]> {
  return eventually(
    verb,
    async () => {
      await relay.auditLog.flush()
      const records = (await relay.records()).filter((one) => one.verb === verb)
      return records.length > 0 && records
    },
    generousMs,
  )
}

const direct = async (more: object = {}) => {
  const headers = { authorization: `Bearer ${await provider.token({ ...claims, ...more })}` }
  const controller = new AbortController()
  const response = await fetch(`${relay.url}/log`, { headers, signal: controller.signal })
  const answer = response.status === 200 ? null : ((await response.json()) as { code: string }).code
  controller.abort()
  return answer
}

const sessionOf = () => tunnel.welcome.session
/** By what is revoked: the command, and what becomes of others. */
const ways: [string, () => string[], 'ACCESS_REVOKED' | 'SESSION_ENDED'][] = [
  ['a person', () => ['revoke', 'Ana@Example.com', '--reason', 'x'], 'ACCESS_REVOKED'],
  ['a token', () => ['revoke', 'token-1', '--kind', 'token', '--reason', 'x'], 'ACCESS_REVOKED'],
  [
    'a provider’s session',
    () => ['revoke', 'provider-1', '--kind', 'session', '--reason', 'x'],
    'ACCESS_REVOKED',
  ],
  ['the sessions of a person', () => ['sessions', 'end', '--person', 'ana', '--yes'], 'SESSION_ENDED'],
  ['one session and its sign-in', () => ['sessions', 'end', sessionOf(), '--yes'], 'SESSION_ENDED'],
  ['everyone’s sessions', () => ['sessions', 'end', '--all', '--yes'], 'SESSION_ENDED'],
]

test.each(ways)(
  'what is open ends when another process ends %s, through the tunnel and without',
  async (_what, args, code) => {
    const { all: open, silent } = await openAll({ authorization: `Bearer ${await provider.token(claims)}` })
    const done = command(...args())
    const counted = entered()
    const times = await Promise.all(
      open.map(async ({ what, ended }) => ({ what, ms: (await ended) - (await counted) })),
    )
    for (const { what, ms } of times) expect(ms, what).toBeLessThan(generousMs)
    await done
    expect(await silent.status).toBe(code === 'ACCESS_REVOKED' ? 403 : 401)
    expect((await tunnel.closed).code).toBe(code)
    // Two downloads, two WebSockets, the one without an answer, and the connection to the tcp service.
    await eventually('each is recorded with the reason', async () => {
      await relay.auditLog.flush()
      const ended = (await relay.records()).filter((one) => one.error === code && one.service !== null)
      return ended.length === open.length
    })
    expect(await direct()).toBe(code)
  },
)

test('one relay session is shut out without its sign-in, and others of the person go on', async () => {
  const { all } = await openAll({ authorization: `Bearer ${await provider.token(claims)}` })
  const [download] = all as [Open]
  let isOver = false
  void download.ended.then(() => {
    isOver = true
  })
  await command('revoke', sessionOf(), '--kind', 'session', '--reason', 'x')
  expect((await tunnel.closed).code).toBe('ACCESS_REVOKED')
  for (const { what, ended } of all) if (!what.startsWith('direct')) await ended
  expect(isOver).toBe(false)
  expect(await direct()).toBeNull()
})

test('who was ended stays out with what comes of that sign-in, and is let in with a new one', async () => {
  await command('sessions', 'end', '--person', 'ana@example.com', '--yes')
  await tunnel.closed
  // As after a refresh: another token, of the same sign-in.
  const now = Math.floor(Date.now() / 1000)
  expect(await direct({ jti: 'token-2', iat: now + 1 })).toBe('SESSION_ENDED')
  expect(await direct({ jti: 'token-3', iat: now + 1, auth_time: now + 1 })).toBeNull()
  expect(await direct({ sub: 'bob', email: 'bob@example.com' })).toBeNull()
  // Where the provider does not say when they signed in, the token's own time has to do.
  expect(await direct({ auth_time: undefined, iat: signedIn })).toBe('SESSION_ENDED')
  expect(await direct({ auth_time: undefined, iat: now + 1 })).toBeNull()
})

test('one sign-in is ended, and another one of the same person goes on', async () => {
  await command('sessions', 'end', sessionOf(), '--yes')
  expect((await tunnel.closed).code).toBe('SESSION_ENDED')
  expect(await direct({ jti: 'token-2' })).toBe('SESSION_ENDED')
  expect(await direct({ auth_time: signedIn - 100, sid: 'provider-0' })).toBeNull()
  await command('restore', `ana ${signedIn}`)
  await eventually('it is taken back', async () => (await direct()) === null)
})

test('only who comes from the provider that is named is meant', async () => {
  await command('revoke', 'ana', '--issuer', 'https://other.example', '--reason', 'x')
  await recordsOf('access.revoke')
  expect(await direct()).toBeNull()
  await command('revoke', 'ana', '--issuer', provider.issuer, '--reason', 'x')
  expect((await tunnel.closed).code).toBe('ACCESS_REVOKED')
  expect(await direct()).toBe('ACCESS_REVOKED')
})

test('what was done stands in the audit log, by whom and why', async () => {
  await command('revoke', 'Ana', '--reason', 'lost laptop')
  expect(await recordsOf('access.revoke')).toMatchObject([
    {
      kind: 'access',
      reason: 'lost laptop',
      source: { via: 'command' },
      access: { kind: 'person', who: 'Ana', issuer: null, by: expect.any(String), until: null },
    },
  ])
  await command('restore', 'ana')
  expect(await recordsOf('access.restore')).toMatchObject([{ access: { who: 'Ana' } }])
  await command('sessions', 'end', '--all', '--yes', '--reason', 'drill')
  expect(await recordsOf('access.end')).toMatchObject([
    { reason: 'drill', access: { kind: 'everyone', who: '*' } },
  ])
})

test.each([
  [['sessions', 'end'], /Name a session, or --person <who>, or --all/],
  [['sessions', 'end', 'x', '--all', '--yes'], /Name a session/],
  [['sessions', 'end', 'nothing', '--yes'], /There is no session nothing/],
  [['sessions', 'end', '--all'], /Say --yes/],
  [['revoke', 'x', '--kind', 'thing', '--reason', 'x'], /choices/],
])('%j is refused with what is wrong', async (args, message) => {
  await expect(command(...args)).rejects.toThrow(message)
})
