import { once } from 'node:events'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type RawMessage, readMessages, valuesOf } from './messages.ts'

/** What came of a request. */
export interface Replay {
  /** Of all answers to it, also the informational ones. */
  readonly answers: readonly RawMessage[]
  readonly statuses: readonly number[]
  /** What was left of the connection: it was closed, or took one more request and answered that alone. */
  readonly after: 'closed' | 'in step' | 'out of step' | 'silent' | 'switched'
}

/** Long enough for an answer that comes, short enough for those that do not. */
const silenceMs = 100

/**
 * Sends raw bytes over a connection of their own and reads what is answered. Where the connection stays open, it is
 * asked for something harmless, which must be the next and the last that is answered: so nothing of the bytes was left.
 *
 * @param expected how many final answers are waited for
 * @param harmless a request that closes its connection
 */
export async function replay(o: {
  address: string
  port: number
  /** Null for plain HTTP. */
  tls: { readonly ca: Buffer | undefined } | null
  request: Buffer
  expected: number
  harmless: Buffer
  timeoutMs: number
}): Promise<Replay> {
  const to = { host: o.address, port: o.port, noDelay: true }
  const socket = o.tls
    ? connectTls({ ...to, ...o.tls, ...(isIP(o.address) ? {} : { servername: o.address }) })
    : connect(to)
  socket.on('error', () => {})
  let [received, isClosed, wake] = ['', false, () => {}]
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1')
    wake()
  })
  socket.once('close', () => {
    isClosed = true
    wake()
  })
  const isHead = o.request.subarray(0, 5).toString() === 'HEAD '
  const read = () =>
    readMessages(
      received,
      (line, index) => (isHead && index === 0) || /^HTTP\/1\.1 (1\d\d|204|304)/.test(line),
      isClosed,
    ).messages
  const finals = () => read().filter((answer) => statusOf(answer) >= 200 || statusOf(answer) === 101)
  const until = async (done: () => boolean, ms: number) => {
    const deadline = Date.now() + ms
    while (!done() && Date.now() < deadline) {
      const timer = setTimeout(() => wake(), deadline - Date.now())
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      clearTimeout(timer)
    }
  }
  socket.write(o.request)
  await until(
    () => isClosed || (o.expected > 0 && finals().length >= o.expected),
    o.expected > 0 ? o.timeoutMs : silenceMs,
  )
  const answers = read()
  const after = await state()
  if (!isClosed) await once(socket.destroy(), 'close')
  return { answers, statuses: answers.map(statusOf), after }

  async function state(): Promise<Replay['after']> {
    const last = answers.at(-1)
    if (!last) return isClosed ? 'closed' : 'silent'
    if (statusOf(last) === 101) return 'switched'
    if (isClosed || valuesOf(last, 'connection').some((value) => /close/i.test(value))) {
      await until(() => isClosed, o.timeoutMs)
      return isClosed && read().length === answers.length ? 'closed' : 'out of step'
    }
    write(socket, o.harmless)
    await until(() => isClosed, o.timeoutMs)
    const more = read().slice(answers.length)
    return isClosed && more.length === 1 && statusOf(more[0] as RawMessage) !== 400
      ? 'in step'
      : 'out of step'
  }
}

function write(socket: Socket, bytes: Buffer): void {
  if (socket.writable) socket.write(bytes)
}

function statusOf({ startLine }: RawMessage): number {
  return Number(/^HTTP\/1\.[01] (\d{3}) /.exec(`${startLine} `)?.[1] ?? Number.NaN)
}
