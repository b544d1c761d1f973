/**
 * `BENCH_TOKENS="…" node crowd.ts <port> <what> <count>`: many who want something of a relay at once, on a connection
 * each. `idle`: ask once and stay. `heads`: never come to the end of a request's head. `readers`: ask for a log and do
 * not read it. `triggers`: trigger. Says "there" when all have asked; triggers then say how they were answered, by status.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const [port, what, count] = process.argv.slice(2) as [string, string, string]
const tokens = (process.env.BENCH_TOKENS ?? '').split(' ')
/** Connections that are opened at once; more than the queue of a listener would only wait for each other. */
const atOnce = 200

const logs = '/api/v2/dags/hello/dagRuns/r/taskInstances/t/logs/1'
const headOf = (i: number) => `Host: a\r\nAuthorization: Bearer ${tokens[i % tokens.length]}\r\n`
const asks: Record<string, (socket: Socket, i: number) => Promise<string | null>> = {
  async idle(socket) {
    socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
    await once(socket, 'data')
    return null
  },
  async heads(socket) {
    socket.write('GET /api/v2/dags HTTP/1.1\r\nHost: a\r\nX-Slow: ')
    const timer = setInterval(() => socket.write('x'), 1000)
    socket.once('close', () => clearInterval(timer))
    return null
  },
  async readers(socket, i) {
    socket.write(`GET ${logs} HTTP/1.1\r\n${headOf(i)}\r\n`)
    await once(socket, 'data')
    socket.pause()
    return null
  },
  async triggers(socket, i) {
    const head = `POST /api/v2/dags/hello/dagRuns HTTP/1.1\r\n${headOf(i)}Content-Type: application/json`
    socket.write(`${head}\r\nContent-Length: 2\r\n\r\n{}`)
    const [answer] = await once(socket, 'data')
    return String(answer).split(' ', 2)[1] ?? ''
  },
}

const ask = asks[what]
if (!ask) throw new Error(`not one of ${Object.keys(asks).join(', ')}: ${what}`)
const answers: Promise<string | null>[] = []
for (let i = 0; i < Number(count); i += atOnce) {
  const sockets = await Promise.all(Array.from({ length: Math.min(atOnce, Number(count) - i) }, dial))
  for (const [j, socket] of sockets.entries()) answers.push(ask(socket, i + j))
  if (what !== 'triggers') await Promise.all(answers)
}
process.stdout.write('there\n')
const statuses = await Promise.all(answers)
const counts: Record<string, number> = {}
for (const status of statuses) if (status !== null) counts[status] = (counts[status] ?? 0) + 1
process.stdout.write(`${JSON.stringify(counts)}\n`)
if (what === 'triggers') process.exit()

async function dial(): Promise<Socket> {
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}
