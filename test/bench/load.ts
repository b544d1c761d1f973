/**
 * Puts load on one port and prints what it saw as JSON. Raw sockets with prepared bytes, so that the generator is
 * never what is measured: `node load.ts <port> requests <connections> <seconds>`, `… down <bytes>`, `… up <bytes>`.
 */
import { connect, type Socket } from 'node:net'

const [port = 0, what = '', ...numbers] = process.argv
  .slice(2)
  .map((text) => (/^\d+$/.test(text) ? Number(text) : text))
const host = `localhost:${port}`
const headEnd = Buffer.from('\r\n\r\n')

const result =
  what === 'requests'
    ? await requests(Number(numbers[0]), Number(numbers[1]))
    : what === 'down'
      ? await down(Number(numbers[0]))
      : await up(Number(numbers[0]))
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exit(0)

/** Each connection asks again as soon as it was answered. Times in milliseconds. */
async function requests(connections: number, seconds: number) {
  const request = Buffer.from(
    `GET /api/v2/version HTTP/1.1\r\nHost: ${host}\r\nAccept: application/json\r\n\r\n`,
  )
  const times: number[] = []
  const end = performance.now() + seconds * 1000
  const started = performance.now()
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = await dial()
      await new Promise<void>((resolve) => {
        let sent = 0
        const ask = () => {
          sent = performance.now()
          socket.write(request)
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
  const elapsed = (performance.now() - started) / 1000
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0
  return { perSecond: times.length / elapsed, p50: at(0.5), p99: at(0.99) }
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
}

async function down(bytes: number) {
  const socket = await dial()
  const path = `/api/v2/dags/hello/dagRuns/r/taskInstances/t/logs/${bytes}`
  const started = performance.now()
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/plain\r\n\r\n`)
  await new Promise<void>((resolve) => readResponses(socket, () => resolve()))
  return { megabytesPerSecond: bytes / 1e6 / ((performance.now() - started) / 1000) }
}

async function up(bytes: number) {
  const socket = await dial()
  const block = Buffer.alloc(65_536, 'x')
  const started = performance.now()
  socket.write(
    `POST /api/v2/dags/~/dagRuns/list HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`,
  )
  const answered = new Promise<void>((resolve) => readResponses(socket, () => resolve()))
  let left = bytes
  while (left > 0) {
    const part = block.subarray(0, Math.min(left, block.length))
    left -= part.length
    if (!socket.write(part)) await new Promise((resolve) => socket.once('drain', resolve))
  }
  await answered
  return { megabytesPerSecond: bytes / 1e6 / ((performance.now() - started) / 1000) }
}

function dial(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

function fail(text: string): never {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
