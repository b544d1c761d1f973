import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startWan, type Wan } from '../support/wan/wan.ts'

/** On the far side: says back what it gets, and tells of resets. */
const echo = `
const server = require('node:net').createServer({ noDelay: true }, (socket) => {
  socket.on('data', (chunk) => socket.write(chunk))
  socket.on('error', (error) => console.log('reset', error.code))
})
server.listen(0, process.argv[1], () => console.log(server.address().port))`

/** On the near side: connects, then sends as many bytes as a line on stdin says and tells when they are back. */
const ask = `
const started = performance.now()
const socket = require('node:net').connect({ port: process.argv[2], host: process.argv[1], noDelay: true }, () => {
  console.log('connected', performance.now() - started)
})
let missing = 0, sent = 0
socket.on('data', (chunk) => {
  missing -= chunk.length
  if (missing === 0) console.log('back', performance.now() - sent)
})
socket.on('error', (error) => { console.log('reset', error.code); process.exit() })
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  missing = Number(line)
  sent = performance.now()
  socket.write(Buffer.alloc(missing))
})`

interface Program {
  readonly child: ChildProcess
  /** The next line that it says, as words. */
  next(): Promise<string[]>
}

const running: ChildProcess[] = []
let wan: Wan
let server: Program
let port: string

beforeAll(async () => {
  wan = await startWan()
  server = start('far', echo, wan.addresses.far)
  port = (await server.next())[0] as string
})
beforeEach(() => wan.set({ rttMs: 0, mbit: null, lossPercent: 0 }))
afterAll(async () => {
  for (const child of running) if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit')
  await wan.stop()
})

test('a connection takes one round trip, and so does an answer', async () => {
  await wan.set({ rttMs: 80 })
  const { client, connectMs } = await connected()
  expect(connectMs).toBeGreaterThanOrEqual(80)
  expect(connectMs).toBeLessThan(120)
  const answerMs = await backIn(client, 100)
  expect(answerMs).toBeGreaterThanOrEqual(80)
  expect(answerMs).toBeLessThan(120)
})

test('the rate is held', async () => {
  await wan.set({ rttMs: 4, mbit: 40 })
  const { client } = await connected()
  // 5 MB in each direction at 5 MB/s, both at once; headers and slow start on top
  const ms = await backIn(client, 5_000_000)
  expect(ms).toBeGreaterThan(1000)
  expect(ms).toBeLessThan(2000)
})

test('what is lost is sent again by TCP, and takes longer', async () => {
  await wan.set({ rttMs: 20, mbit: 100 })
  const { client } = await connected()
  await backIn(client, 3_000_000)
  const withoutLossMs = await backIn(client, 3_000_000)
  await wan.set({ lossPercent: 5 })
  expect(await backIn(client, 3_000_000)).toBeGreaterThan(withoutLossMs)
})

test('a black hole stalls a connection without ending it', async () => {
  const { client } = await connected()
  await wan.down()
  const back = backIn(client, 1000)
  const stalled = Symbol('stalled')
  expect(await Promise.race([back, after(500, stalled)])).toBe(stalled)
  await wan.up()
  expect(await back).toBeGreaterThan(500)
})

test('cut connections are reset at both ends, and new ones work', async () => {
  const { client } = await connected()
  await backIn(client, 10)
  await wan.cutConnections()
  expect((await client.next())[0]).toBe('reset')
  expect((await server.next())[0]).toBe('reset')
  const again = await connected()
  await backIn(again.client, 10)
})

test('a link that is down does not keep connections from being cut', async () => {
  const { client } = await connected()
  await backIn(client, 10)
  await wan.down()
  await wan.cutConnections()
  await wan.up()
  expect((await client.next())[0]).toBe('reset')
})

test('on another network old connections are dead, and new ones work', async () => {
  const { client } = await connected()
  await backIn(client, 10)
  await wan.move()
  const stalled = Symbol('stalled')
  expect(await Promise.race([backIn(client, 10), after(500, stalled)])).toBe(stalled)
  const again = await connected()
  await backIn(again.client, 10)
  await wan.cutConnections()
  expect((await again.client.next())[0]).toBe('reset')
})

test('both sides reach a published port of this machine', async () => {
  const outside = createServer((_request, response) => response.end('from outside'))
  outside.listen(0, '127.0.0.1')
  await once(outside, 'listening')
  const { port } = outside.address() as AddressInfo
  await wan.publish(port)
  const get = `fetch('http://127.0.0.1:${port}').then((r) => r.text()).then(console.log)`
  for (const side of ['near', 'far'] as const)
    expect((await start(side, get).next()).join(' ')).toBe('from outside')
  outside.close()
})

async function connected(): Promise<{ client: Program; connectMs: number }> {
  const client = start('near', ask, wan.addresses.far, port)
  const [word, ms] = await client.next()
  expect(word).toBe('connected')
  return { client, connectMs: Number(ms) }
}

async function backIn(client: Program, bytes: number): Promise<number> {
  ;(client.child.stdin as Writable).write(`${bytes}\n`)
  const [word, ms] = await client.next()
  expect(word).toBe('back')
  return Number(ms)
}

function start(side: 'near' | 'far', script: string, ...args: readonly string[]): Program {
  const child = spawn(...wan.inNamespace(side, process.execPath, ['-e', script, ...args]), {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  running.push(child)
  const lines: Interface = createInterface({ input: child.stdout as Readable })
  const iterator = lines[Symbol.asyncIterator]()
  return { child, next: async () => ((await iterator.next()).value ?? '').split(' ') }
}

function after<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value), ms))
}
