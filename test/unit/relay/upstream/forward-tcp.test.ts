import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { LocalPort } from '#client/local-port.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { freePort } from '../../../../demo/free-port.ts'
import type { AuditRecord } from '../../../../relay/audit/record.ts'
import { detached } from '../../../support/detached.ts'
import { eventually } from '../../../support/eventually.ts'
import { openTunnelTo } from '../../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'

/** A relay in this process, with a tunnel to it, in front of a server that does as it is told. */
let provider: TokenProvider
let server: Server
let relay: OwnRelay
let tunnel: Tunnel
let slow: SlowServer
const ports = new Map<string, LocalPort>()
const atServer = new Set<Socket>()
let serve: (socket: Socket) => void

const maxConnections = 4

beforeAll(async () => {
  provider = await startTokenProvider()
  server = createServer({ allowHalfOpen: true }, (socket) => {
    atServer.add(socket)
    socket.once('close', () => atServer.delete(socket))
    socket.on('error', () => {})
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  slow = await startSlowServer()
  for (const service of ['echo', 'gone', 'slow', 'closed'])
    ports.set(service, await LocalPort.listen({ service, type: 'tcp', port: 0, detached }))
})
beforeEach(async () => {
  serve = (socket) => socket.pipe(socket)
  const tcp = (port: number, more = {}) => ({
    type: 'tcp',
    address: `127.0.0.1:${port}`,
    localPort: 5432,
    ...more,
  })
  const serverPort = (server.address() as AddressInfo).port
  relay = await startOwnRelay(provider.issuer, {
    services: {
      echo: tcp(serverPort, { connections: maxConnections }),
      gone: tcp(await freePort()),
      slow: tcp(slow.port, { connectTimeoutSeconds: 3 }),
      closed: tcp(serverPort),
    },
    policy: {
      contact: 'Ask us.',
      grants: [],
      connect: [{ group: 'data-eng', services: ['echo', 'gone', 'slow'] }],
    },
  })
  tunnel = await openTunnelTo(relay.carrierUrl, () => provider.token())
  for (const port of ports.values()) port.attach(tunnel)
})
afterEach(async () => {
  tunnel.close()
  for (const port of ports.values()) port.detach(detached)
  await relay.close()
  await eventually('nothing is left at the server', async () => atServer.size === 0, 5000)
})
afterAll(async () => {
  await Promise.all([...ports.values()].map((port) => port.close()))
  slow?.stop()
  server?.close()
  await provider?.close()
})

interface SlowServer {
  readonly port: number
  /** Accepts what waited, and everything from now on, and sends it back. */
  wake(): void
  stop(): void
}

/** A server that is stopped with its queue full: the kernel drops every further SYN. */
async function startSlowServer(): Promise<SlowServer> {
  const code = `const server = require('net').createServer({ allowHalfOpen: true }, (s) => s.on('error', () => {}).pipe(s))
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port))`
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(child.stdout, 'data')
  const port = Number(line)
  child.kill('SIGSTOP')
  const waiting = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  for (const socket of waiting) await once(socket, 'connect')
  return {
    port,
    wake() {
      for (const socket of waiting) socket.destroy()
      child.kill('SIGCONT')
    },
    stop: () => void child.kill('SIGKILL'),
  }
}

function dial(service: string): Socket {
  const { port } = ports.get(service) as LocalPort
  // How it ends is looked at where it matters.
  return connect({ host: '127.0.0.1', port, allowHalfOpen: true }).on('error', () => {})
}

/** How a connection ends: null in order, else the error's code. */
function endOf(socket: Socket): Promise<string | null> {
  return new Promise((resolve) => {
    let code: string | null = null
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code ?? error.message
    })
    socket.once('close', () => resolve(code))
    socket.resume()
  })
}

/** Writes as fast as it is taken; `taken` is how much was, `done` when it was all. */
function send(socket: Socket, bytes: Buffer): { readonly taken: number; readonly done: Promise<void> } {
  const progress = { taken: 0, done: Promise.resolve() }
  const write = async () => {
    for (let at = 0; at < bytes.length; at += 65_536) {
      const chunk = bytes.subarray(at, at + 65_536)
      if (!socket.write(chunk)) await once(socket, 'drain')
      progress.taken += chunk.length
    }
    socket.end()
  }
  progress.done = write()
  return progress
}

/** Waits until no more of it is taken. */
function still(sending: { readonly taken: number }): Promise<number> {
  let last = -1
  return eventually('it stands still', async () => {
    const isStill = sending.taken > 0 && sending.taken === last
    last = sending.taken
    return isStill && last
  })
}

function recordsOf(service: string, count: number): Promise<AuditRecord[]> {
  return eventually(`${count} records of ${service}`, async () => {
    const records = (await relay.records()).filter((one) => one.service === service)
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
      touched: null,
      confDigest: null,
      decision: {
        effect: 'allow',
        policies: ['data-eng:connect:echo,gone,slow'],
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

test.each(['the server', 'the person'])('a reset by %s goes on to the other side', async (who) => {
  const accepted = new Promise<Socket>((resolve) => {
    serve = resolve
  })
  const person = dial('echo')
  person.write('x')
  const atEnd = await accepted
  await once(atEnd, 'data')
  const [from, to] = who === 'the server' ? [atEnd, person] : [person, atEnd]
  const ended = endOf(to)
  from.resetAndDestroy()
  expect(await ended).toBe('ECONNRESET')
  expect((await recordsOf('echo', 1))[0]).toMatchObject({ error: 'STREAM_RESET' })
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
      decision: { effect: 'deny', policies: ['data-eng:connect:echo,gone,slow'], code: 'FORBIDDEN' },
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
  await rename(relay.auditFile, `${relay.auditFile}.away`)
  for (let times = 0; times < 2; times += 1) expect(await endOf(dial('echo'))).toBe('ECONNRESET')
  expect(atServer.size).toBe(0)
  await rename(`${relay.auditFile}.away`, relay.auditFile)
  await relay.auditLog.flush()
  expect(await recordsOf('echo', 2)).toMatchObject([
    // The log was believed to be there.
    { decision: { effect: 'allow' }, error: 'AUDIT_UNAVAILABLE' },
    { decision: { effect: 'deny', code: 'AUDIT_UNAVAILABLE' }, error: 'AUDIT_UNAVAILABLE' },
  ])
})

test('that a connection will be made is on the disk before the server sees it', async () => {
  let kinds: string[] = []
  serve = (socket) => {
    kinds = readFileSync(relay.auditFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ service }) => service === 'echo')
      .map(({ kind }) => kind)
    socket.pipe(socket)
  }
  const socket = dial('echo')
  socket.end('hello')
  expect((await buffer(socket)).toString()).toBe('hello')
  expect(kinds).toEqual(['intent'])
})

test('a server that is not there', async () => {
  const socket = dial('gone')
  socket.write('hello')
  expect(await endOf(socket)).toBe('ECONNRESET')
  expect(await recordsOf('gone', 1)).toMatchObject([
    { decision: { effect: 'allow' }, error: 'UPSTREAM_UNREACHABLE' },
  ])
})

test('a server that does not accept is given up in time; one that accepts late gets all that was sent before', async () => {
  const givenUp = dial('slow')
  givenUp.write('hello')
  expect(await endOf(givenUp)).toBe('ECONNRESET')
  expect(await recordsOf('slow', 1)).toMatchObject([
    { error: 'UPSTREAM_UNREACHABLE', durationMs: expect.closeTo(3000, -3) },
  ])

  const sent = randomBytes(40_000_000)
  const patient = dial('slow')
  const sending = send(patient, sent)
  const back = buffer(patient)
  // No more than windows and the kernel's buffers hold is taken of what has nowhere to go.
  expect(await still(sending)).toBeLessThan(sent.length / 2)
  slow.wake()
  expect((await back).equals(sent)).toBe(true)
  await sending.done
})

test('who does not read holds up who sends, and nobody else', async () => {
  const accepted = new Promise<Socket>((resolve) => {
    serve = resolve
  })
  const sent = randomBytes(40_000_000)
  const upload = dial('echo')
  const sending = send(upload, sent)
  const reader = await accepted
  expect(await still(sending)).toBeLessThan(sent.length / 2)

  serve = (socket) => socket.pipe(socket)
  const other = dial('echo')
  other.end('quick')
  expect((await buffer(other)).toString()).toBe('quick')

  expect((await buffer(reader)).equals(sent)).toBe(true)
  reader.end()
  expect(await endOf(upload)).toBeNull()
})

test('a person who does not read holds up the server', async () => {
  const sent = randomBytes(40_000_000)
  const sending = new Promise<{ readonly taken: number }>((resolve) => {
    serve = (socket) => resolve(send(socket, sent))
  })
  const download = dial('echo')
  expect(await still(await sending)).toBeLessThan(sent.length / 2)
  expect((await buffer(download)).equals(sent)).toBe(true)
  download.end()
})

test('an upload that is answered early: the answer arrives, and then the upload is cut', async () => {
  const answer = randomBytes(2_000_000)
  const accepted = new Promise<Socket>((resolve) => {
    serve = (socket) => {
      socket.end(answer)
      resolve(socket)
    }
  })
  const socket = dial('echo')
  const timer = setInterval(() => socket.write(randomBytes(10_000)), 1)
  expect((await buffer(socket)).equals(answer)).toBe(true)
  const ended = endOf(socket)
  ;(await accepted).resetAndDestroy()
  expect(['ECONNRESET', 'EPIPE']).toContain(await ended)
  clearInterval(timer)
  expect((await recordsOf('echo', 1))[0]).toMatchObject({ error: 'STREAM_RESET', bytes: { sent: 2_000_000 } })
})

test('an answer before a cut arrives, as it would without a relay', async () => {
  const answer = randomBytes(30_000)
  serve = (socket) => {
    socket.once('data', () => socket.write(answer, () => socket.resetAndDestroy()))
  }
  const socket = dial('echo')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.write('a request')
  expect(await endOf(socket)).toBe('ECONNRESET')
  expect(Buffer.concat(chunks).equals(answer)).toBe(true)
})

test('what was sent in order arrives, though nobody waits for the answer', async () => {
  const sent = randomBytes(200_000)
  const accepted = new Promise<Socket>((resolve) => {
    serve = resolve
  })
  const socket = dial('echo')
  socket.end(sent, () => socket.destroy())
  const reader = await accepted
  const records = () => relay.records()
  await eventually('the answer meets nobody', async () => {
    const isOver = (await records()).some(({ service }) => service === 'echo')
    return isOver || (reader.write('an answer') && false)
  })
  expect((await buffer(reader)).equals(sent)).toBe(true)
  reader.end()
})

test('draining waits for connections up to its deadline, and ends them then', async () => {
  const quick = dial('echo')
  const stuck = dial('echo')
  for (const socket of [quick, stuck]) {
    socket.write('x')
    await once(socket, 'data')
  }
  const started = performance.now()
  const stopped = relay.stop(1500)
  quick.end('goes on')
  expect((await buffer(quick)).toString()).toBe('goes on')
  expect(await endOf(stuck)).toBe('ECONNRESET')
  expect(performance.now() - started).toBeGreaterThan(1400)
  await stopped
  expect((await recordsOf('echo', 2)).map(({ error }) => error)).toEqual([null, 'DRAINING'])
})

test('a relay that drains is gone as soon as its last connection has ended', async () => {
  const socket = dial('echo')
  socket.write('x')
  await once(socket, 'data')
  const started = performance.now()
  const stopped = relay.stop(15_000)
  expect(await endOf(dial('echo'))).toBe('ECONNRESET')
  socket.end()
  await stopped
  expect(performance.now() - started).toBeLessThan(5000)
})
