import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ErrorCode } from '#shared/errors/table.ts'
import { join } from '#shared/protocol/join.ts'
import { eventually } from '../../../support/eventually.ts'
import { End, type Recorder, settle } from './pair.ts'

/** A stream joined to one end of a real connection; the test has the other end of both. */
let socket: Socket
let joined: Socket
let relay: End
let client: End
let peer: Recorder
let ends: (ErrorCode | null)[]
let running: NodeJS.Timeout
const opened: Socket[] = []

beforeEach(() => connectAndJoin())
afterEach(() => {
  clearInterval(running)
  for (const one of opened.splice(0)) one.destroy()
})

/** @param autoConsume whether the peer takes what it is sent at once */
async function connectAndJoin(autoConsume = true): Promise<void> {
  clearInterval(running)
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  const connected = once(socket, 'connect')
  ;[joined] = (await accepted) as [Socket]
  await connected
  opened.push(socket, joined)
  server.close()
  const clock = { now: 0 }
  relay = new End('relay', clock)
  client = new End('client', clock)
  client.autoConsume = autoConsume
  peer = client.open('db')
  settle(client, relay)
  const told: typeof ends = []
  ends = told
  const [{ stream }] = relay.streams as [Recorder]
  join(stream, joined, setImmediate, (code) => told.push(code))
  running = setInterval(() => settle(client, relay), 1)
}

const soon = (what: string, is: () => boolean) => eventually(what, async () => is())

test('bytes and ends go both ways, and it is told once that all is over', async () => {
  const sent = randomBytes(500_000)
  socket.end(sent)
  await soon('everything', () => peer.ended)
  expect(peer.bytes.equals(sent)).toBe(true)
  peer.stream.write(Buffer.from('back'))
  peer.stream.end()
  expect((await buffer(socket)).toString()).toBe('back')
  await soon('the end', () => ends.length > 0)
  expect(ends).toEqual([null])
  expect([relay.session.streamCount, client.session.streamCount]).toEqual([0, 0])
})

test.each([
  ['an end', true],
  ['bytes', false],
])('%s before a cut of the connection: all of it arrives, and then the reset', async (_what, inOrder) => {
  await connectAndJoin(false)
  const sent = randomBytes(200_000)
  socket.write(sent)
  await soon('all is read', () => joined.bytesRead === sent.length)
  if (inOrder) {
    socket.end()
    await once(joined, 'end')
  }
  socket.resetAndDestroy()
  await soon('the cut is noticed', () => {
    peer.stream.write(Buffer.from('x'))
    return ends.length > 0
  })
  expect(ends).toEqual(['STREAM_RESET'])
  // Only as much as the peer takes has left so far.
  expect([peer.bytes.length, peer.ended, peer.resetCode]).toEqual([65_536, false, null])
  let consumed = 0
  await soon('the rest', () => {
    peer.stream.consumed(peer.bytes.length - consumed)
    consumed = peer.bytes.length
    return peer.resetCode !== null
  })
  expect(peer.bytes.equals(sent)).toBe(true)
  expect([peer.ended, peer.resetCode]).toEqual([inOrder, 'STREAM_RESET'])
  expect([relay.session.streamCount, client.session.streamCount]).toEqual([0, 0])
})

test('a reset after an end in order does not take back what was sent before', async () => {
  const sent = randomBytes(20_000)
  peer.stream.write(sent)
  peer.stream.end()
  settle(client, relay)
  peer.stream.reset('STREAM_RESET')
  settle(client, relay)
  expect(ends).toEqual(['STREAM_RESET'])
  expect((await buffer(socket)).equals(sent)).toBe(true)
})

test('a reset of the peer resets the connection, after what was sent before', async () => {
  const sent = randomBytes(20_000)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  peer.stream.write(sent)
  settle(client, relay)
  peer.stream.reset('STREAM_RESET')
  settle(client, relay)
  expect(ends).toEqual(['STREAM_RESET'])
  await closed
  expect(socket.errored).toMatchObject({ code: 'ECONNRESET' })
  expect(Buffer.concat(chunks).equals(sent)).toBe(true)
})

test('what is not allowed any more is cut at once', async () => {
  const failed = new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve))
  peer.stream.reset('TOKEN_EXPIRED')
  expect((await failed).code).toBe('ECONNRESET')
  expect(ends).toEqual(['TOKEN_EXPIRED'])
})

test('a reset of the connection resets the stream', async () => {
  socket.write('half a')
  await soon('the bytes', () => peer.bytes.length > 0)
  socket.resetAndDestroy()
  await soon('the reset', () => peer.resetCode !== null)
  expect([peer.resetCode, ends]).toEqual(['STREAM_RESET', ['STREAM_RESET']])
})
