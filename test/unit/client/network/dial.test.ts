import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type LookupFunction, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer, type Server, type TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { connectTcp, secure } from '#client/network/connect.ts'
import { maxHeadBytes } from '#client/network/connect-answer.ts'
import { dial, dialTls } from '#client/network/dial.ts'
import { networkReason } from '#client/network/network-error.ts'
import { connectThrough } from '#client/network/through-proxy.ts'
import { makeCertificate } from '../../../../demo/certificate.ts'
import { freePort } from '../../../../demo/free-port.ts'
import { type ConnectProxy, startConnectProxy } from '../../../support/connect-proxy.ts'
import { eventually } from '../../../support/eventually.ts'

const host = 'relay.example'
const open: { destroy(): void }[] = []
let folder: string
let ca: string
let tls: { cert: string; key: string }
/** Says the name it was asked for, then echoes. */
let server: Server
let port: number
let proxy: ConnectProxy

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jetway-dial-'))
  const files = await makeCertificate(folder, [host, 'localhost', '127.0.0.1'])
  ca = await readFile(files.ca, 'utf8')
  tls = { cert: await readFile(files.cert, 'utf8'), key: await readFile(files.key, 'utf8') }
  server = createTlsServer({ ...tls, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
    socket.on('error', () => {})
    socket.write(`${socket.servername || 'no name'}\n`)
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  proxy = await startConnectProxy(port)
})
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy()
  proxy.answer = null
  proxy.requests.length = 0
})
afterAll(async () => {
  await proxy.close()
  server.close()
  await rm(folder, { recursive: true, force: true })
})

const through = (proxyPort: number, extra: object = {}) =>
  dialTls({
    host,
    port,
    ca,
    timeoutMs: 10_000,
    env: { HTTPS_PROXY: `http://ana:s%40cret@127.0.0.1:${proxyPort}` },
    ...extra,
  })
const kept = <T extends Socket>(socket: T): T => {
  open.push(socket)
  return socket
}
const firstText = async (socket: Socket) => String((await once(socket, 'data'))[0])
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it connected'),
    (error: unknown) => error,
  )

describe('directly', () => {
  const direct = (name: string, authority: string | null = ca) =>
    dialTls({ host: name, port, ca: authority, timeoutMs: 10_000, env: {} })

  test('a name is sent and verified, HTTP/1.1 agreed on', async () => {
    const socket = kept(await direct('localhost'))
    expect(socket).toMatchObject({ authorized: true, alpnProtocol: 'http/1.1' } satisfies Partial<TLSSocket>)
    expect(await firstText(socket)).toBe('localhost\n')
  })

  test('an address is verified and not sent', async () => {
    expect(await firstText(kept(await direct('127.0.0.1')))).toBe('no name\n')
  })

  test('an authority that nobody named is not trusted, nor is another name', async () => {
    expect(networkReason(await failure(direct('localhost', null)))).toEqual({
      untrusted: true,
      reason: 'an authority that is not known here',
    })
    const other = await makeCertificate(folder, ['other.example'])
    const imposter = createTlsServer({ cert: await readFile(other.cert), key: await readFile(other.key) })
    imposter.listen(0, '127.0.0.1')
    await once(imposter, 'listening')
    const named = dialTls({
      host: 'localhost',
      port: (imposter.address() as AddressInfo).port,
      ca: await readFile(other.ca, 'utf8'),
      timeoutMs: 10_000,
      env: {},
    })
    expect(networkReason(await failure(named))).toEqual({
      untrusted: true,
      reason: 'certificate of another name',
    })
    imposter.close()
  })

  test('without TLS this machine is reached, and no other', async () => {
    const plain = createServer((socket) => socket.end('plain')).listen(0, '127.0.0.1')
    await once(plain, 'listening')
    const { port: plainPort } = plain.address() as AddressInfo
    const socket = kept(await dial(new URL(`ws://localhost:${plainPort}`), { ca, timeoutMs: 10_000 }))
    expect(await firstText(socket)).toBe('plain')
    plain.close()
    for (const url of ['ws://relay.example', 'http://192.0.2.1']) {
      const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }
      const error = await failure(dial(new URL(url), { ca, timeoutMs: 10_000, env }))
      expect(networkReason(error).reason).toBe('not encrypted')
    }
  })
})

describe('a name whose first address is dead', () => {
  /** A listener that takes no connection and whose queue is full drops whatever comes next, as a dead host would. */
  const startDead = async () => {
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads')
       const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.2', backlog: 1 })
       server.once('listening', () => {
         parentPort.postMessage(server.address().port)
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
       })`,
      { eval: true },
    )
    const [deadPort] = (await once(worker, 'message')) as [number]
    return { worker, deadPort }
  }

  test('is connected to by its second, a quarter of a second later', async () => {
    const { worker, deadPort } = await startDead()
    const alive = createServer().listen(deadPort, '127.0.0.1')
    await once(alive, 'listening')
    const signal = new AbortController().signal
    const dead = { host: '127.0.0.2', port: deadPort }
    // The queue: one more than was asked for. A third is not taken.
    for (let i = 0; i < 2; i += 1) kept(await connectTcp(dead, signal))
    const stop = new AbortController()
    const hanging = failure(connectTcp(dead, stop.signal))

    const lookup: LookupFunction = (_name, _options, done) =>
      done(null, [
        { address: '127.0.0.2', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ])
    const begun = performance.now()
    const socket = kept(await connectTcp({ host, port: deadPort }, signal, lookup))
    const took = performance.now() - begun
    expect(socket.remoteAddress).toBe('127.0.0.1')
    expect(took).toBeGreaterThan(200)
    expect(took).toBeLessThan(5000)

    stop.abort(new Error('enough'))
    expect(await hanging).toMatchObject({ message: 'enough' })
    alive.close()
    await worker.terminate()
  })
})

describe('through a proxy', () => {
  test('CONNECT with Basic, and TLS with the target inside', async () => {
    const socket = kept(await through(proxy.port))
    expect(await firstText(socket)).toBe(`${host}\n`)
    socket.write('echo')
    expect(await firstText(socket)).toBe('echo')
    expect(proxy.requests).toEqual([
      `CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\nProxy-Authorization: Basic ${btoa('ana:s@cret')}\r\n\r\n`,
    ])
  })

  test('an IPv6 address is asked for in brackets, and NO_PROXY goes past the proxy', async () => {
    proxy.answer = () => 'HTTP/1.1 403 no\r\n\r\n'
    await failure(through(proxy.port, { host: 'fd00::1' }))
    expect(proxy.requests[0]).toMatch(/^CONNECT \[fd00::1\]:\d+ HTTP\/1\.1\r\nHost: \[fd00::1\]:/)
    const direct = { host: '127.0.0.1', env: { HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '127.0.0.0/8' } }
    kept(await through(1, direct))
  })

  test('a proxy inside TLS is verified as well', async () => {
    const secure = await startConnectProxy(port, tls)
    const env = { HTTPS_PROXY: `https://localhost:${secure.port}` }
    expect(await firstText(kept(await through(secure.port, { env })))).toBe(`${host}\n`)
    expect(await failure(through(secure.port, { env, ca: null }))).toMatchObject({
      code: 'PROXY_UNREACHABLE',
      params: { reason: 'an authority that is not known here' },
    })
    await secure.close()
  })

  test('bytes right behind the head are not lost', async () => {
    proxy.answer = () => 'HTTP/1.1 200 OK\r\n\r\nfirst'
    const signal = new AbortController().signal
    const target = { host, port }
    const way = { host: '127.0.0.1', port: proxy.port, isSecure: false, authorization: null }
    const socket = kept(await connectThrough(way, target, { ca, signal }))
    expect(String(socket.read())).toBe('first')
  })

  test.each<[string, string, object]>([
    [
      'wants a password',
      'HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\n\r\n',
      { code: 'PROXY_AUTH_REQUIRED' },
    ],
    ['says so in the target’s words', 'HTTP/1.1 401 Who?\r\n\r\n', { code: 'PROXY_AUTH_REQUIRED' }],
    ['refuses', 'HTTP/1.1 403 No\r\n\r\n', { code: 'PROXY_REFUSED', params: { host, status: 403 } }],
    [
      'redirects',
      'HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n',
      { code: 'PROXY_REFUSED', params: { status: 302 } },
    ],
    [
      'is none',
      'SSH-2.0-OpenSSH\r\n',
      { code: 'PROXY_UNREACHABLE', params: { reason: expect.stringContaining('no HTTP proxy') } },
    ],
    ['talks too much', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(maxHeadBytes)}`, { code: 'PROXY_UNREACHABLE' }],
    ['says nothing', '', { code: 'PROXY_UNREACHABLE', params: { reason: 'connection cut' } }],
    [
      'stops in the head',
      'HTTP/1.1 200 O',
      { code: 'PROXY_UNREACHABLE', params: { reason: 'connection cut' } },
    ],
  ])('one that %s', async (_what, answer, expected) => {
    proxy.answer = () => answer
    const error = await failure(through(proxy.port))
    expect(error).toMatchObject(expected)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/s%40cret|s@cret|YW5hOnNA/)
    await eventually('the connection is closed', async () => proxy.clients.size === 0)
  })

  test('one that cuts the tunnel before TLS is up', async () => {
    proxy.answer = () => 'HTTP/1.1 200 OK\r\n\r\n'
    expect(networkReason(await failure(through(proxy.port)))).toEqual({
      reason: 'connection cut',
      untrusted: false,
    })
  })

  test('one that does not reach the target: the target is what is missing', async () => {
    proxy.answer = () => 'HTTP/1.1 502 Bad Gateway\r\n\r\n'
    expect(networkReason(await failure(through(proxy.port)))).toEqual({
      reason: `status 502 of the proxy 127.0.0.1:${proxy.port}`,
      untrusted: false,
    })
  })

  test('none there', async () => {
    expect(await failure(through(await freePort()))).toMatchObject({
      code: 'PROXY_UNREACHABLE',
      entry: { retry: true, exit: 6 },
      params: { reason: 'connection refused' },
    })
  })

  test('one that never answers is left in time, and at once on a signal', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    const clients: Socket[] = []
    silent.on('connection', (client) => clients.push(client.on('error', () => {}).resume()))
    await once(silent, 'listening')
    const { port: silentPort } = silent.address() as AddressInfo
    expect(await failure(through(silentPort, { timeoutMs: 200 }))).toMatchObject({
      code: 'PROXY_UNREACHABLE',
      params: { reason: 'no answer in time' },
    })
    const stop = new AbortController()
    const attempt = failure(through(silentPort, { signal: stop.signal }))
    await eventually('the second came', async () => clients.length === 2)
    stop.abort(new Error('enough'))
    expect(await attempt).toMatchObject({ message: 'enough' })
    await eventually('both are closed', async () =>
      clients.every((client) => client.readableEnded || client.destroyed),
    )
    expect(await failure(through(silentPort, { signal: stop.signal }))).toMatchObject({ message: 'enough' })
    silent.close()
  })

  test('a signal between two steps closes what the first has opened', async () => {
    const connection = await connectTcp({ host: '127.0.0.1', port }, new AbortController().signal)
    const signal = AbortSignal.abort(new Error('enough'))
    expect(await failure(secure(connection, { host, ca, signal }))).toMatchObject({ message: 'enough' })
    await eventually('it is closed', async () => connection.destroyed)
    expect(await failure(connectTcp({ host: '127.0.0.1', port }, signal))).toMatchObject({
      message: 'enough',
    })
  })

  test('a signal during the TLS handshake closes the way to the proxy', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const deaf = await startConnectProxy((silent.address() as AddressInfo).port)
    const stop = new AbortController()
    const attempt = failure(through(deaf.port, { signal: stop.signal }))
    await once(silent, 'connection')
    stop.abort(new Error('enough'))
    expect(await attempt).toMatchObject({ message: 'enough' })
    await eventually('it is closed', async () => deaf.clients.size === 0)
    await deaf.close()
    silent.close()
  })
})
