import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { say, step } from '../../../build/setup/steps.ts'
import { freePort } from '../../../demo/free-port.ts'
import { residentBytes } from '../process-figures.ts'
import { openSite } from '../site.ts'
import { startUpstream } from '../start-upstream.ts'
import { type BenchRelay, startBenchRelay } from './own-relay.ts'

const people = 20
const stalledSeconds = 5
const probeEveryMs = 10
const crowds = [
  ['idle', 10_000, 'idle keep-alive connections'],
  ['heads', 1000, 'heads that never end'],
  ['readers', 48, 'readers that do not read'],
  ['triggers', 2000, 'triggers at a stalled Airflow'],
] as const

interface Times {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

interface Run {
  /** On the port that answers for its health alone. */
  readonly healthMs: Times
  /** On the port that everyone uses. */
  readonly ownPortMs: Times
  /** The same question to a server that has nothing else to do: what the machine itself takes. */
  readonly idleServerMs: Times
  /** Resident memory of the relay: before, and the most that was seen. */
  readonly megabytes: { readonly before: number; readonly most: number }
  readonly answers?: Readonly<Record<string, number>>
  /** From when Airflow answers again until a new trigger is answered. */
  readonly recoveryMs?: number
}

/**
 * Those who want too much: what they take of the relay's memory, how long /healthz takes meanwhile on either of its ports, how they are
 * answered, and how soon a trigger works once Airflow answers again.
 */
export async function exhaustion(): Promise<object> {
  const site = await openSite({ overDistance: false })
  const port = await freePort()
  const upstream = spawn(
    process.execPath,
    [join(import.meta.dirname, 'stalling-upstream.ts'), String(port)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  try {
    await site.listening('far', port)
    const relay = await startBenchRelay(site, {
      name: 'exhaustion',
      airflowUrl: `http://127.0.0.1:${port}`,
      tls: false,
      limits: { requests: { stalledSeconds, headSeconds: stalledSeconds } },
    })
    const idleServer = await startUpstream(site)
    const runs: Record<string, Run> = {}
    for (const [what, count, title] of crowds) {
      const run = await step(`${count} ${title}`, () =>
        crowded(relay, idleServer.port, upstream, what, count),
      )
      runs[what] = run
      say(`  ${described(run)}`)
    }
    return runs
  } finally {
    upstream.kill()
    await site.stop()
  }
}

async function crowded(
  relay: BenchRelay,
  idlePort: number,
  upstream: ChildProcess,
  what: string,
  count: number,
): Promise<Run> {
  const tokens = await Promise.all(Array.from({ length: people }, (_, i) => relay.token(`p${i}`)))
  const probe = startProbe(relay, idlePort)
  const args = [join(import.meta.dirname, 'crowd.ts'), String(relay.port), what, String(count)]
  const crowd = spawn(process.execPath, args, {
    env: { ...process.env, BENCH_TOKENS: tokens.join(' ') },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: crowd.stdout })[Symbol.asyncIterator]()
  let more = {}
  try {
    await lines.next()
    const answered = lines.next()
    await sleep((what === 'triggers' ? 1 : 2) * stalledSeconds * 1000)
    if (what === 'triggers') {
      const recoveryMs = await recovery(relay, upstream, await relay.token('someone else'))
      more = { answers: JSON.parse((await answered).value as string), recoveryMs }
    }
    if (crowd.kill('SIGKILL')) await once(crowd, 'exit')
    // All that go at once are a part of it.
    await sleep(1000)
  } finally {
    crowd.kill('SIGKILL')
    probe.stop()
  }
  return { ...probe.seen(), ...more }
}

async function recovery(relay: BenchRelay, upstream: ChildProcess, token: string): Promise<number> {
  upstream.stdin?.write('go\n')
  const started = performance.now()
  while ((await ask(relay.port, '/api/v2/dags/hello/dagRuns', token)) !== 200);
  return performance.now() - started
}

/** Asks for /healthz all the time, each time over a new connection, as a load balancer would. */
function startProbe(relay: BenchRelay, idlePort: number): { stop(): void; seen(): Run } {
  const [health, own, idle]: [number[], number[], number[]] = [[], [], []]
  const before = residentBytes(relay.pid)
  let most = before
  const probe = (port: number, times: number[]) => {
    const started = performance.now()
    ask(port, '/healthz').then(
      (status) => times.push(status === 200 ? performance.now() - started : Number.POSITIVE_INFINITY),
      () => times.push(Number.POSITIVE_INFINITY),
    )
  }
  const timer = setInterval(() => {
    most = Math.max(most, residentBytes(relay.pid))
    probe(relay.healthPort, health)
    probe(relay.port, own)
    probe(idlePort, idle)
  }, probeEveryMs)
  return {
    stop: () => clearInterval(timer),
    seen: () => ({
      healthMs: timesOf(health),
      ownPortMs: timesOf(own),
      idleServerMs: timesOf(idle),
      megabytes: { before: before / 1e6, most: most / 1e6 },
    }),
  }
}

function timesOf(measured: readonly number[]): Times {
  const times = [...measured].sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor((times.length - 1) * share)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}

/** With a token it triggers. @returns the status */
async function ask(port: number, path: string, token?: string): Promise<number> {
  const sent = request({
    host: '127.0.0.1',
    port,
    path,
    agent: false,
    ...(token === undefined
      ? {}
      : {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        }),
  })
  sent.end(token === undefined ? undefined : '{}')
  const [response] = await once(sent, 'response')
  response.resume()
  await once(response, 'end')
  return response.statusCode
}

function described({ healthMs, ownPortMs, idleServerMs, megabytes, answers, recoveryMs }: Run): string {
  const words = ({ p50, p99, max }: Times) =>
    `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, max ${max.toFixed(1)} ms`
  const answered = Object.entries(answers ?? {}).map(([status, count]) => `${count} × ${status}`)
  return [
    `/healthz ${words(healthMs)}; on the relay’s own port ${words(ownPortMs)}; an idle server ${words(idleServerMs)}`,
    `relay ${megabytes.before.toFixed(0)} → ${megabytes.most.toFixed(0)} MB`,
    ...(answered.length > 0 ? [`answered ${answered.join(', ')}`] : []),
    ...(recoveryMs === undefined ? [] : [`a trigger ${recoveryMs.toFixed(0)} ms after Airflow is back`]),
  ].join('; ')
}
