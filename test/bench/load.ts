/**
 * Puts load on one address and prints what it saw as JSON. Raw sockets with prepared bytes, so that the generator is
 * never what is measured: `node load.ts <http(s)://host:port> <what> <numbers>`, where what is one of
 * `requests <connections> <seconds>`, `cold <seconds>`, `down <bytes> <streams>`, `up <bytes>`; or, until it is ended,
 * `flow` (a download without end), `silence` (one that tells its silences) or `stall` (one that is not read), which say so
 * when they are under way.
 * `BENCH_TOKEN` is sent as bearer token, `BENCH_CA` names the authority of an https address.
 */
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { connect as connectTls } from 'node:tls'

const [address = '', what = '', ...numbers] = process.argv.slice(2)
const url = new URL(address)
const target = { host: url.hostname, port: Number(url.port), noDelay: true }
const { BENCH_TOKEN, BENCH_CA } = process.env
const ca = url.protocol === 'https:' ? readFileSync(BENCH_CA ?? '') : null
// Jetway takes its own local origin and nothing else.
const headers = `Host: localhost:${url.port}\r\n${BENCH_TOKEN ? `Authorization: Bearer ${BENCH_TOKEN}\r\n` : ''}`
const headEnd = Buffer.from('\r\n\r\n')
const smallRequest = Buffer.from(`GET /api/v2/version HTTP/1.1\r\n${headers}Accept: application/json\r\n\r\n`)
const endless = 1e15
const flowingBytes = 4_000_000

const kinds: Record<string, (...n: number[]) => Promise<object>> = {
  requests,
  cold,
  down,
  up,
  flow,
  silence,
  stall,
}
const result = await kinds[what]?.(...numbers.map(Number))
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exit(0)

/** Each connection asks again as soon as it was answered. Times in milliseconds. */
async function requests(connections = 1, seconds = 1) {
  const times: number[] = []
  const started = performance.now()
  const end = started + seconds * 1000
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = await dial()
      await new Promise<void>((resolve) => {
        let sent = 0
        const ask = () => {
          sent = performance.now()
          socket.write(smallRequest)
        }
        readResponses(socket, (now) => {
          times.push(now - sent)
          if (now < end) ask()
          else resolve()
        })
        ask()
      })
      socket.destroy()
    }),
  )
  return { perSecond: times.length / ((performance.now() - started) / 1000), ...quantiles(times) }
}

/** The first request on a new connection, from before the connection to the whole answer; one at a time. */
async function cold(seconds = 1) {
  const times: number[] = []
  const end = performance.now() + seconds * 1000
  while (performance.now() < end || times.length < 5) {
    const started = performance.now()
    const socket = await dial()
    const answered = new Promise<number>((resolve) => readResponses(socket, resolve))
    socket.write(smallRequest)
    times.push((await answered) - started)
    socket.destroy()
  }
  return quantiles(times)
}

/** @param bytes of all streams together */
async function down(bytes = 0, streams = 1) {
  const sockets = await Promise.all(Array.from({ length: streams }, dial))
  const started = performance.now()
  await Promise.all(
    sockets.map((socket) => {
      const answered = new Promise((resolve) => readResponses(socket, resolve))
      askForBulk(socket, Math.ceil(bytes / streams))
      return answered
    }),
  )
  return megabytesPerSecond(bytes, started)
}

async function up(bytes = 0) {
  const socket = await dial()
  const block = Buffer.alloc(65_536, 'x')
  const started = performance.now()
  socket.write(
    `POST /api/v2/dags/hello/favorite HTTP/1.1\r\n${headers}Content-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`,
  )
  const answered = new Promise((resolve) => readResponses(socket, resolve))
  let left = bytes
  while (left > 0) {
    const part = block.subarray(0, Math.min(left, block.length))
    left -= part.length
    if (!socket.write(part)) await new Promise((resolve) => socket.once('drain', resolve))
  }
  await answered
  return megabytesPerSecond(bytes, started)
}

async function flow(): Promise<never> {
  await underWay()
  return untilEnded()
}

/**
 * A line on stdin is for how many milliseconds to look from then on. It is answered by the next bytes after them: with
 * the longest time in between that none came.
 */
async function silence(): Promise<never> {
  const socket = await underWay()
  let [last, longest, until] = [0, 0, Number.POSITIVE_INFINITY]
  createInterface({ input: process.stdin }).on('line', (ms) => {
    last = performance.now()
    longest = 0
    until = last + Number(ms)
  })
  socket.on('data', () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    if (now < until) return
    until = Number.POSITIVE_INFINITY
    process.stdout.write(`${longest}\n`)
  })
  return untilEnded()
}

/** A download without end; says so once it has left its slow start. */
async function underWay(): Promise<Socket> {
  const socket = await dial()
  askForBulk(socket, endless)
  socket.once('close', () => fail('the connection was closed'))
  let bytes = 0
  socket.on('data', (chunk: Buffer) => {
    if (bytes < flowingBytes && bytes + chunk.length >= flowingBytes) process.stdout.write('under way\n')
    bytes += chunk.length
  })
  return socket
}

async function stall(): Promise<never> {
  const socket = await dial()
  askForBulk(socket, endless)
  socket.once('data', () => {
    socket.pause()
    process.stdout.write('under way\n')
  })
  return untilEnded()
}

/** Whoever started this holds its stdin, and takes it along at the latest when it ends itself. */
function untilEnded(): Promise<never> {
  process.stdin.resume().once('end', () => process.exit())
  return new Promise(() => {})
}

function askForBulk(socket: Socket, bytes: number): void {
  const path = `/api/v2/dags/hello/dagRuns/r/taskInstances/t/logs/${bytes}`
  socket.write(`GET ${path} HTTP/1.1\r\n${headers}Accept: text/plain\r\n\r\n`)
}

/** Whole responses of a known length; anything but 200 ends the measurement. */
function readResponses(socket: Socket, onResponse: (now: number) => void): void {
  let expected = -1
  let received = 0
  let head: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    if (expected < 0) {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
      const at = head.indexOf(headEnd)
      if (at < 0) return
      const text = head.toString('latin1', 0, at)
      if (!text.startsWith('HTTP/1.1 200')) fail(text)
      expected = at + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1])
      received = head.length
      head = Buffer.alloc(0)
    } else {
      received += chunk.length
    }
    if (received < expected) return
    expected = -1
    onResponse(performance.now())
  })
  socket.once('end', () => fail('the connection was closed'))
}

function dial(): Promise<Socket> {
  return new Promise((resolve) => {
    const socket: Socket =
      ca === null
        ? connect(target, () => resolve(socket))
        : connectTls({ ...target, ca, servername: 'localhost' }, () => resolve(socket))
    if (ca !== null) socket.setNoDelay(true)
    socket.once('error', (error) => fail(error.message))
  })
}

function quantiles(times: number[]) {
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0
  return { p50: at(0.5), p99: at(0.99) }
}

function megabytesPerSecond(bytes: number, started: number) {
  return { megabytesPerSecond: bytes / 1e6 / ((performance.now() - started) / 1000) }
}

function fail(text: string): never {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
