import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { LocalPort } from '#client/local-port.ts'
import { openTunnel, type Tunnel } from '#client/tunnel.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import { freePort } from '../../../../demo/free-port.ts'
import { type AuditLog, openAuditLog } from '../../../../relay/audit/audit-log.ts'
import type { AuditRecord } from '../../../../relay/audit/record.ts'
import { loadConfig } from '../../../../relay/config/load.ts'
import { type Relay, startRelay } from '../../../../relay/relay.ts'
import { readAudit } from '../../../support/audit.ts'
import { eventually } from '../../../support/eventually.ts'
import { audience, startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'

/** A relay in this process, with a tunnel to it, in front of a server that does as it is told. */
let folder: string
let provider: TokenProvider
let server: Server
let relay: Relay
let auditLog: AuditLog
let tunnel: Tunnel
let carrierUrl: string
const ports = new Map<string, LocalPort>()
const atServer = new Set<Socket>()
let serve: (socket: Socket) => void

const maxConnections = 4
const detached = {
  waiting: false,
  problem: problemOf(new JetwayError('NOT_CONNECTED', { environment: 'test' })),
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tcp-'))
  provider = await startTokenProvider()
  server = createServer({ allowHalfOpen: true }, (socket) => {
    atServer.add(socket)
    socket.once('close', () => atServer.delete(socket))
    socket.on('error', () => {})
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  for (const service of ['echo', 'gone', 'full', 'closed'])
    ports.set(service, await LocalPort.listen({ service, type: 'tcp', port: 0, detached }))
})
beforeEach(async () => {
  serve = (socket) => socket.pipe(socket)
  const relayPort = await freePort()
  const tcp = (port: number, more = {}) => ({
    type: 'tcp',
    address: `127.0.0.1:${port}`,
    localPort: 5432,
    ...more,
  })
  const serverPort = (server.address() as AddressInfo).port
  const config = {
    version: 1,
    publicUrl: `http://127.0.0.1:${relayPort}`,
    listen: { host: '127.0.0.1', port: relayPort, plain: true },
    identity: { oidc: { issuer: provider.issuer, clientId: 'jetway', audience } },
    services: {
      echo: tcp(serverPort, { connections: maxConnections }),
      gone: tcp(await freePort()),
      full: tcp(slowPort, { connectTimeoutSeconds: 1 }),
      closed: tcp(serverPort),
    },
    policy: {
      contact: 'Ask us.',
      grants: [],
      connect: [{ group: 'data-eng', services: ['echo', 'gone', 'full'] }],
    },
    audit: { file: 'audit.jsonl' },
  }
  await writeFile(join(folder, 'relay.yaml'), JSON.stringify(config))
  auditLog = await openAuditLog(join(folder, 'audit.jsonl'), () => {})
  relay = await startRelay(loadConfig(join(folder, 'relay.yaml')), auditLog, pino({ level: 'silent' }))
  carrierUrl = `ws://127.0.0.1:${relayPort}/tunnel`
  tunnel = await openTunnel({
    carrierUrl,
    ca: null,
    accessToken: await provider.token(),
    services: [],
    version: '0',
  })
  for (const port of ports.values()) port.attach(tunnel)
})
afterEach(async () => {
  tunnel.close()
  for (const port of ports.values()) port.detach(detached)
  await relay.stop(1000)
  await auditLog.close()
  await rm(join(folder, 'audit.jsonl'), { force: true })
  await eventually('nothing is left at the server', async () => atServer.size === 0)
})
afterAll(async () => {
  await Promise.all([...ports.values()].map((port) => port.close()))
  server?.close()
  await provider?.close()
  await rm(folder, { recursive: true })
})

function dial(service: string): Socket {
  const { port } = ports.get(service) as LocalPort
  return connect({ host: '127.0.0.1', port, allowHalfOpen: true })
}

/** How a connection ends: null in order, else the error's code. */
async function endOf(socket: Socket): Promise<string | null> {
  let code: string | null = null
  socket.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code ?? error.message
  })
  socket.resume()
  if (!socket.closed) await once(socket, 'close')
  return code
}

function recordsOf(service: string, count: number): Promise<AuditRecord[]> {
  return eventually(`${count} records of ${service}`, async () => {
    const records = (await readAudit(join(folder, 'audit.jsonl'))).filter((one) => one.service === service)
    return records.length >= count && records
  })
}

test('bytes come back as they were sent, and one record says so', async () => {
  const sent = randomBytes(3_000_000)
  const socket = dial('echo')
  socket.end(sent)
  expect((await buffer(socket)).equals(sent)).toBe(true)
  expect(await recordsOf('echo', 1)).toEqual([
    {
      version: 1,
      kind: 'request',
      time: expect.stringMatching(/Z$/),
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      principal: expect.objectContaining({ subject: 'ana', groups: ['data-eng'] }),
      agent: null,
      source: {
        address: '127.0.0.1',
        via: 'tunnel',
        session: tunnel.welcome.session,
        userAgent: null,
      },
      service: 'echo',
      method: null,
      path: null,
      operation: null,
      verb: 'tcp.connect',
      resource: null,
      confDigest: null,
      decision: {
        effect: 'allow',
        policies: ['data-eng:connect:echo,gone,full'],
        obligations: [],
        code: null,
      },
      approval: null,
      generation: expect.stringMatching(/^[0-9a-f]{16}$/),
      status: null,
      error: null,
      bytes: { received: sent.length, sent: sent.length },
      durationMs: expect.any(Number),
    },
  ])
})

test('each direction is closed by itself', async () => {
  serve = async (socket) => {
    socket.end('first')
    expect((await buffer(socket)).toString()).toBe('last')
  }
  const socket = dial('echo')
  expect((await buffer(socket)).toString()).toBe('first')
  socket.end('last')
  expect((await recordsOf('echo', 1))[0]).toMatchObject({ error: null, bytes: { received: 4, sent: 5 } })
})

test('a reset goes on to the other side, whoever made it', async () => {
  const upstream = new Promise<Socket>((resolve) => {
    serve = resolve
  })
  const fromServer = dial('echo')
  const met = await upstream
  met.resetAndDestroy()
  expect(await endOf(fromServer)).toBe('ECONNRESET')

  const upstreamAgain = new Promise<Socket>((resolve) => {
    serve = resolve
  })
  const fromPerson = dial('echo')
  const other = await upstreamAgain
  const ended = endOf(other)
  fromPerson.resetAndDestroy()
  expect(await ended).toBe('ECONNRESET')
  expect((await recordsOf('echo', 2)).map(({ error }) => error)).toEqual(['STREAM_RESET', 'STREAM_RESET'])
})

test('someone without a grant is refused, and the server sees nothing of it', async () => {
  let seen = 0
  serve = () => {
    seen += 1
  }
  const socket = dial('closed')
  socket.write('hello')
  expect(await endOf(socket)).toBe('ECONNRESET')
  expect(seen).toBe(0)
  expect(await recordsOf('closed', 1)).toMatchObject([
    {
      verb: 'tcp.connect',
      decision: { effect: 'deny', policies: ['data-eng:connect:echo,gone,full'], code: 'FORBIDDEN' },
      error: 'FORBIDDEN',
      bytes: { received: 0, sent: 0 },
    },
  ])
})

test('at the limit of connections the next is refused, and there is room again when one has ended', async () => {
  const open = Array.from({ length: maxConnections }, () => dial('echo'))
  for (const socket of open) {
    socket.write('x')
    await once(socket, 'data')
  }
  expect(await endOf(dial('echo'))).toBe('ECONNRESET')
  expect(await recordsOf('echo', 1)).toMatchObject([{ decision: { effect: 'allow' }, error: 'OVERLOADED' }])
  const [first, ...rest] = open as [Socket, ...Socket[]]
  first.end()
  expect(await endOf(first)).toBeNull()
  await recordsOf('echo', 2)
  const next = dial('echo')
  next.end('again')
  expect((await buffer(next)).toString()).toBe('again')
  for (const socket of rest) socket.destroy()
})

test('while nothing can be recorded, nobody connects', async () => {
  Object.defineProperty(auditLog, 'writable', { value: false, configurable: true })
  try {
    expect(await endOf(dial('echo'))).toBe('ECONNRESET')
    expect(atServer.size).toBe(0)
  } finally {
    Reflect.deleteProperty(auditLog, 'writable')
  }
  expect(await recordsOf('echo', 1)).toMatchObject([
    { decision: { effect: 'deny', code: 'AUDIT_UNAVAILABLE' }, error: 'AUDIT_UNAVAILABLE' },
  ])
})

test('a server that is not there', async () => {
  const socket = dial('gone')
  socket.write('hello')
  expect(await endOf(socket)).toBe('ECONNRESET')
  expect(await recordsOf('gone', 1)).toMatchObject([
    { decision: { effect: 'allow' }, error: 'UPSTREAM_UNREACHABLE' },
  ])
})
