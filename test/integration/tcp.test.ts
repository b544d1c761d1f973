import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { run } from '../../build/setup/run.ts'
import { say } from '../../build/setup/steps.ts'
import { makeCertificate } from '../../demo/certificate.ts'
import { freePort } from '../../demo/free-port.ts'
import { connectHeadless } from '../../demo/headless.ts'
import { Processes } from '../../demo/processes.ts'
import { audience, clientId, type DemoProvider, scopes, startProvider } from '../../demo/provider/provider.ts'
import { runRelay } from '../../demo/stack.ts'
import { makeAuditKey } from '../../relay/audit/audit-key.ts'
import { readAudit } from '../support/audit.ts'
import { eventually } from '../support/eventually.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'

/** A relay and clients as processes of their own, in front of a PostgreSQL and of servers of the test's own. */
let folder: string
let postgres: Postgres
let provider: DemoProvider
let stack: { relayUrl: string; ca: string }
let auditLog: string
const processes = new Processes()
const servers = new Map<string, Server>()
const localPorts = new Map<string, number>()
let closeWebSockets = () => {}

/** What one client may have at once. A single connection that leaked would be missed at the end. */
const maxStreams = 200

const page = randomBytes(1_000_000)
let answeredEarly: Socket | undefined

const serve: Readonly<Record<string, (socket: Socket) => void>> = {
  echo: (socket) => socket.pipe(socket),
  /** HTTP/1.0: the end of the answer is the end of the connection. */
  'http-1-0': (socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.0 200 OK\r\ncontent-type: application/octet-stream\r\n\r\n')
      socket.end(page)
    })
  },
  /** Answers and ends before it has read what it was sent. */
  early: (socket) => {
    socket.once('data', () => {
      socket.pause()
      socket.end('HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n')
      answeredEarly = socket
    })
  },
  /** Answers when the request has ended. */
  digest: async (socket) => {
    socket.end(digestOf(await buffer(socket)))
  },
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jetway-tcp-'))
  postgres = await startPostgres()
  provider = await startProvider({ port: 0, accessTokenSeconds: 300 })
  for (const [name, handle] of Object.entries(serve)) {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {})
      handle(socket)
    })
    servers.set(name, server.listen({ port: 0, host: '127.0.0.1', backlog: maxStreams }))
    await once(server, 'listening')
  }
  const websockets = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(websockets, 'listening')
  websockets.on('connection', (socket) =>
    socket.on('message', (data, binary) => socket.send(data, { binary })),
  )
  const upstreams = new Map([
    ['db', postgres.port],
    ['websocket', (websockets.address() as AddressInfo).port],
    ...[...servers].map(([name, server]) => [name, (server.address() as AddressInfo).port] as const),
  ])
  closeWebSockets = () => websockets.close()

  const certificate = await makeCertificate(folder)
  const relayPort = await freePort()
  const services: Record<string, object> = {}
  for (const [name, port] of upstreams) {
    localPorts.set(name, await freePort())
    services[name] = {
      type: 'tcp',
      address: `127.0.0.1:${port}`,
      localPort: localPorts.get(name),
      connections: maxStreams,
    }
  }
  auditLog = join(folder, 'audit.jsonl')
  const config = {
    version: 1,
    name: 'tcp',
    publicUrl: `https://localhost:${relayPort}`,
    listen: { host: '127.0.0.1', port: relayPort, tls: { cert: certificate.cert, key: certificate.key } },
    identity: { oidc: { issuer: provider.issuer, clientId, audience, scopes, resource: audience } },
    services,
    policy: {
      contact: 'Ask us.',
      grants: [{ group: 'finance-ops', role: 'admin' }],
      connect: [{ group: 'data-eng', services: [...upstreams.keys()] }],
    },
    audit: { file: auditLog, keyFile: 'audit.pem' },
    limits: { maxStreamsPerSession: maxStreams },
  }
  for (const { name, content, mode } of makeAuditKey('tcp/audit'))
    await writeFile(join(folder, name), content, { mode })
  await writeFile(join(folder, 'relay.yaml'), JSON.stringify(config))
  await runRelay(processes, join(folder, 'relay.yaml'), join(folder, 'relay.log'))
  stack = { relayUrl: config.publicUrl, ca: certificate.ca }
})
afterAll(async () => {
  await processes.stopAll()
  closeWebSockets()
  for (const server of servers.values()) server.close()
  await provider?.close()
  await postgres?.stop()
  await rm(folder, { recursive: true, force: true })
})

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function dial(service: string): Socket {
  const port = localPorts.get(service) as number
  return connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
}

/** A program of PostgreSQL’s, through the tunnel. */
function pg(program: string, ...args: string[]): Promise<string> {
  const where = ['-h', '127.0.0.1', '-p', String(localPorts.get('db')), '-U', 'postgres']
  return run(join(postgres.bin, program), [...where, ...args])
}

describe('ana, who may connect', () => {
  const client = new Processes()
  beforeAll(async () => {
    await connectHeadless({ stack, stateDir: folder, user: 'ana', port: null, processes: client })
  })
  afterAll(() => client.stopAll())

  test('psql asks', async () => {
    expect(await pg('psql', '-Atc', 'select 6 * 7')).toBe('42\n')
  })

  test('pgbench: eight clients, no transaction fails', async () => {
    await pg('pgbench', '-i', '-q', 'postgres')
    const report = await pg('pgbench', '-c', '8', '-t', '200', 'postgres')
    say(report.trim())
    expect(report).toContain('number of transactions actually processed: 1600/1600')
    expect(report).not.toMatch(/failed transactions: [1-9]/)
  })

  test('COPY: 50 MB in and out are the same', async () => {
    await pg('psql', '-qc', 'create unlogged table lines (n serial, line text)')
    // Lines of 10,000 characters
    const lines = Array.from({ length: 5000 }, () => `${randomBytes(5000).toString('hex')}\n`).join('')
    const copyIn = spawnPsql('copy lines (line) from stdin')
    await pipeline(Readable.from([lines]), copyIn.stdin)
    await buffer(copyIn.stdout)
    const copyOut = spawnPsql('copy (select line from lines order by n) to stdout')
    const out = await buffer(copyOut.stdout)
    expect(out.length).toBe(50_005_000)
    expect(digestOf(out)).toBe(digestOf(Buffer.from(lines)))
  })

  test('a WebSocket', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${localPorts.get('websocket')}`)
    await once(socket, 'open')
    for (const message of ['hello', randomBytes(1), randomBytes(1_000_000)]) {
      socket.send(message)
      const [data, binary] = await once(socket, 'message')
      expect(binary).toBe(typeof message !== 'string')
      expect((data as Buffer).equals(Buffer.from(message))).toBe(true)
    }
    socket.ping('still there?')
    expect(String((await once(socket, 'pong'))[0])).toBe('still there?')
    socket.close()
    await once(socket, 'close')
  })

  test('an HTTP/1.0 server, whose answer ends with the connection', async () => {
    const request = get({ host: '127.0.0.1', port: localPorts.get('http-1-0'), agent: false })
    const [response] = await once(request, 'response')
    expect((await buffer(response)).equals(page)).toBe(true)
  })

  test('an upload that is answered early', async () => {
    const socket = dial('early')
    socket.on('error', () => {})
    socket.write(randomBytes(20_000_000))
    expect((await buffer(socket)).toString()).toMatch(/^HTTP\/1\.1 413 /)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    answeredEarly?.destroy()
    await closed
  })

  test('an answer after the end of the request', async () => {
    const sent = randomBytes(5_000_000)
    const socket = dial('digest')
    socket.end(sent)
    expect((await buffer(socket)).toString()).toBe(digestOf(sent))
  })

  test('10,000 short connections, twenty at once', async () => {
    const started = performance.now()
    const one = async () => {
      const sent = randomBytes(100)
      const socket = dial('echo')
      socket.end(sent)
      if (!(await buffer(socket)).equals(sent)) throw new Error('other bytes came back')
    }
    const worker = async () => {
      for (let i = 0; i < 500; i += 1) await one()
    }
    await Promise.all(Array.from({ length: 20 }, worker))
    const seconds = (performance.now() - started) / 1000
    say(`10,000 connections in ${seconds.toFixed(1)} s: ${(seconds / 10).toFixed(2)} ms each`)
    await nothingIsLeft('echo', 10_000)
  })

  test('as many connections at once as there may be, after all of that: each has its own bytes', async () => {
    const sockets = Array.from({ length: maxStreams }, () => dial('echo'))
    await Promise.all(
      sockets.map(async (socket) => {
        const chunks = Array.from({ length: 40 }, (_, i) => randomBytes(1 + i * 97))
        const received = buffer(socket)
        for (const chunk of chunks) {
          socket.write(chunk)
          await once(socket, 'data')
        }
        socket.end()
        if (!(await received).equals(Buffer.concat(chunks))) throw new Error('other bytes came back')
      }),
    )
    await nothingIsLeft('echo', 10_000 + maxStreams)
    const records = (await readAudit(auditLog)).filter(({ service }) => service === 'echo')
    expect(records).toHaveLength(10_000 + maxStreams)
    expect(records.filter(({ error, decision }) => error !== null || decision?.effect !== 'allow')).toEqual(
      [],
    )
  })

  test('no server has a connection that nobody uses any more', async () => {
    for (const name of servers.keys()) await nothingIsLeft(name, 1)
    const backends = "select count(*) from pg_stat_activity where backend_type = 'client backend'"
    await eventually('psql alone is connected', async () => (await pg('psql', '-Atc', backends)) === '1\n')
  })
})

/** Waits until the relay has recorded the end of so many connections and the server has none. */
async function nothingIsLeft(service: string, ended: number): Promise<void> {
  await eventually(`the end of ${service}’s connections`, async () => {
    const records = (await readAudit(auditLog)).filter((record) => record.service === service)
    return records.length >= ended
  })
  const server = servers.get(service) as Server
  const count = () =>
    new Promise<number>((resolve) => server.getConnections((_error, connections) => resolve(connections)))
  await eventually(`${service} without connections`, async () => (await count()) === 0)
}

function spawnPsql(command: string) {
  const where = ['-h', '127.0.0.1', '-p', String(localPorts.get('db')), '-U', 'postgres']
  return spawn(join(postgres.bin, 'psql'), [...where, '-qc', command], { stdio: ['pipe', 'pipe', 'inherit'] })
}

describe('bob, who may not', () => {
  const client = new Processes()
  beforeAll(async () => {
    await connectHeadless({ stack, stateDir: folder, user: 'bob', port: null, processes: client })
  })
  afterAll(() => client.stopAll())

  test('psql fails, PostgreSQL sees nothing of him, and the refusal is recorded', async () => {
    const { seen } = postgres
    await expect(pg('psql', '-Atc', 'select 1')).rejects.toThrow(/connection to server at "127\.0\.0\.1"/)
    const denied = await eventually('the record', async () =>
      (await readAudit(auditLog)).find(
        ({ service, principal }) => service === 'db' && principal?.subject === 'bob',
      ),
    )
    expect(denied).toMatchObject({
      verb: 'tcp.connect',
      decision: { effect: 'deny', policies: [], code: 'FORBIDDEN' },
      error: 'FORBIDDEN',
      bytes: { received: 0, sent: 0 },
    })
    expect(postgres.seen).toBe(seen)
  })
})
