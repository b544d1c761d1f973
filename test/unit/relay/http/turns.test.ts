import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Exchange } from '../../../../relay/http/exchange.ts'
import { respondProblem } from '../../../../relay/http/problem-response.ts'
import { type Arrival, Turns } from '../../../../relay/http/turns.ts'
import { upgradeResponse } from '../../../../relay/http/upgrade-response.ts'

/** A server that answers when the test says so. */
let server: Server
let begun: (Arrival & { response: ServerResponse })[]
let client: Socket
let received: string
const news = new EventEmitter()

beforeEach(async () => {
  begun = []
  received = ''
  const turns = new Turns((arrival) => {
    const { request, fault } = arrival
    const response = arrival.response ?? upgradeResponse(request, request.socket)
    begun.push({ ...arrival, response })
    if (fault) {
      response.shouldKeepAlive = false
      respondProblem(request, response, fault, 'id')
    }
    news.emit('news')
    return { id: 'id', request, response, sentBytes: 0, error: null } as unknown as Exchange
  })
  server = createServer((request, response) => turns.take({ request, response, head: null, fault: null }))
  server.on('upgrade', (request: IncomingMessage, _socket: Duplex, head: Buffer) =>
    turns.take({ request, response: null, head, fault: null }),
  )
  server.on('clientError', (error, socket) => turns.fail(error, socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1')
    news.emit('news')
  })
  client.on('error', () => {})
})
afterEach(async () => {
  client.destroy()
  server.close()
  await once(server, 'close')
})

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
const until = async (isSo: () => boolean) => {
  while (!isSo()) await once(news, 'news')
}
const has = (count: number) => until(() => begun.length === count)
const urls = () => begun.map(({ request }) => request.url)
const answer = (at: number, body = '') => begun[at]?.response.end(body)
const statuses = () => [...received.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status))
const closed = () => once(client, 'close')

test('the next begins when the one before it was answered', async () => {
  client.write(get('/1') + get('/2') + get('/3'))
  for (const count of [1, 2, 3]) {
    await has(count)
    answer(count - 1, `<${count}>`)
  }
  await until(() => received.includes('<3>'))
  expect(urls()).toEqual(['/1', '/2', '/3'])
  expect([...received.matchAll(/<(\d)>/g)].map(([, n]) => n)).toEqual(['1', '2', '3'])
})

test('an answer that goes on keeps the next one waiting', async () => {
  client.write(get('/1') + get('/2'))
  await has(1)
  begun[0]?.response.write('a')
  await until(() => received.endsWith('a\r\n'))
  expect(urls()).toEqual(['/1'])
  answer(0)
  await has(2)
})

test('bytes that are no HTTP are answered in their turn, once, and nothing is read behind them', async () => {
  client.write(`${get('/1')}BAD\r\n\r\n${get('/2')}`)
  await has(1)
  client.write(get('/3'))
  answer(0)
  await closed()
  expect(begun.map(({ fault }) => fault?.code)).toEqual([undefined, 'BAD_REQUEST'])
  expect(statuses()).toEqual([200, 400])
})

test('a fault in the body of one that waits is told when its turn comes', async () => {
  client.write(`${get('/1')}POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n`)
  await has(1)
  expect(begun.length).toBe(1)
  answer(0)
  await closed()
  expect(begun.map(({ request, fault }) => [request.url, fault?.code])).toEqual([
    ['/1', undefined],
    ['/2', 'BAD_REQUEST'],
  ])
  expect(statuses()).toEqual([200, 400])
})

test('a fault in the body of one that was answered gets no second answer', async () => {
  client.write('POST /1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
  await has(1)
  answer(0, 'early')
  await until(() => received.endsWith('early'))
  client.write('x\r\n')
  await closed()
  expect(statuses()).toEqual([200])
})

test('a fault in the body of one whose answer has begun cuts it', async () => {
  client.write('POST /1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
  await has(1)
  begun[0]?.response.write('a')
  await until(() => received.endsWith('a\r\n'))
  client.write('x\r\n')
  await closed()
  expect(received).not.toContain('\r\n0\r\n')
})

test('an upgrade waits for its turn', async () => {
  client.write(`${get('/1')}GET /2 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nbehind`)
  await has(1)
  answer(0)
  await has(2)
  expect(begun[1]?.head?.toString()).toBe('behind')
  answer(1)
  await closed()
  expect(statuses()).toEqual([200, 200])
})

test('nothing begins behind a last answer', async () => {
  client.write(`GET /1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n${get('/2')}`)
  await has(1)
  answer(0)
  await closed()
  expect(urls()).toEqual(['/1'])
})

test('those that wait for someone who went away never begin', async () => {
  client.write(get('/1') + get('/2'))
  await has(1)
  const over = once(begun[0]?.response as ServerResponse, 'close')
  client.destroy()
  await over
  expect(urls()).toEqual(['/1'])
})

test('64 may wait, and one more is refused behind them', async () => {
  const some = (count: number) => Array.from({ length: count }, (_, i) => get(`/${i}`)).join('')
  client.write(some(65))
  for (let at = 0; at < 65; at += 1) {
    await has(at + 1)
    answer(at)
  }
  await until(() => statuses().length === 65)
  client.write(some(66))
  for (let at = 65; at < 130; at += 1) {
    await has(at + 1)
    answer(at)
  }
  await closed()
  expect(statuses()).toEqual([...Array.from({ length: 130 }, () => 200), 400])
})

test('a last answer arrives although more comes than anyone takes', async () => {
  client.write('POST /1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 50000000\r\n\r\n')
  const chunk = Buffer.alloc(1_000_000)
  const flood = () => {
    while (client.writable && client.write(chunk)) {}
  }
  client.on('drain', flood)
  await has(1)
  flood()
  answer(0, 'no more')
  await closed()
  expect(received).toContain('no more')
})
