import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LocalPort } from '#client/local-port.ts'
import { freePort } from '../../../demo/free-port.ts'
import { makeAuditKey } from '../../../relay/audit/audit-key.ts'
import { readRecords } from '../../../relay/audit/read-records.ts'
import type { AuditRecord } from '../../../relay/audit/record.ts'
import { makeAirflowKeys } from '../../../relay/upstream/airflow-keys.ts'
import { detached } from '../detached.ts'
import { eventually } from '../eventually.ts'
import { openTunnelTo } from '../open-tunnel.ts'
import { audience, startTokenProvider } from '../token-provider.ts'
import type { Answers, Remains } from './relay.ts'
import { type Answered, keepAsking } from './requests.ts'
import { type SwapUpstream, startSwapUpstream } from './upstream.ts'

const connections = 64
/** Of them, those whose answers outlast a swap. */
const slowConnections = 4
const swapEveryMs = 1000

/** What swaps under load did. What must not be is a list, and empty. */
export interface SwapRun {
  readonly answers: readonly Answered[]
  readonly seconds: number
  /** How long each reload took, in milliseconds, self-test and comparison included. */
  readonly swapMs: readonly number[]
  readonly failed: readonly Answered[]
  /** Answered by parts of two generations, or otherwise than the generation that the audit names would. */
  readonly mixed: readonly Answered[]
  /** Triggers that were answered and reached the upstream not at all or twice; or were denied and reached it. */
  readonly notOnce: readonly Answered[]
  /** Before the first of the swaps and after the last, with nothing under way. */
  readonly before: Remains
  readonly after: Remains
  /** Connections to the upstream that are left at the end. */
  readonly upstreamConnections: number
}

/**
 * 64 connections, half of them through a tunnel, half direct, triggers among what they ask; and meanwhile a swap each
 * second between two configurations that differ in the key and the role of upstream requests and in what they allow.
 */
export async function swapUnderLoad(seconds: number): Promise<SwapRun> {
  const folder = await mkdtemp(join(tmpdir(), 'jetway-swap-'))
  const provider = await startTokenProvider()
  const upstream = await startSwapUpstream()
  const port = await LocalPort.listen({ service: 'airflow', type: 'airflow', port: 0, detached })
  await writeConfigs(folder, provider.issuer, upstream.url)
  const relay = fork(join(import.meta.dirname, 'relay.ts'), [folder], { execArgv: ['--expose-gc'] })
  try {
    const [{ url }] = (await once(relay, 'message')) as [{ url: string }]
    const token = await provider.token({ exp: Math.floor(Date.now() / 1000) + 3600 })
    const tunnel = await openTunnelTo(`${url.replace('http', 'ws')}/tunnel`, async () => token, [
      { name: 'airflow', localPort: port.port },
    ])
    port.attach(tunnel)
    const ways = [
      { url: `http://localhost:${port.port}`, headers: {} },
      { url, headers: { authorization: `Bearer ${token}` } },
    ]
    const run = await measured({ relay, upstream, ways, seconds, folder })
    tunnel.close()
    return run
  } finally {
    await stopped(relay)
    await port.close()
    upstream.close()
    await provider.close()
    await rm(folder, { recursive: true })
  }
}

async function measured(o: {
  relay: ChildProcess
  upstream: SwapUpstream
  ways: readonly { url: string; headers: Readonly<Record<string, string>> }[]
  seconds: number
  folder: string
}): Promise<SwapRun> {
  const { relay, upstream, ways, seconds, folder } = o
  const answers: Answered[] = []
  let isOver = false
  const load = (phase: string) =>
    Array.from({ length: connections }, (_, n) =>
      keepAsking({
        ...(ways[n % ways.length] as (typeof ways)[number]),
        name: `${phase}-${n}`,
        slow: n < slowConnections,
        isOver: () => isOver,
        answered: (what) => void answers.push(what),
      }),
    )
  // Caches fill and code gets warm before memory is compared.
  await swap(relay, 'b')
  const warmUp = load('warm-up')
  await eventually('each was answered', async () => answers.length > connections * 20)
  isOver = true
  await Promise.all(warmUp)
  const names = new Map<string, string>([[(await swap(relay, 'a')).generation, 'a']])
  const before = await report(relay)

  answers.length = 0
  isOver = false
  const started = performance.now()
  const workers = load('load')
  const swapMs: number[] = []
  for (let n = 1; n <= seconds; n += 1) {
    // The pace is the load.
    await sleep(Math.max(0, started + n * swapEveryMs - performance.now()))
    const name = n % 2 === 1 ? 'b' : 'a'
    const { generation, ms } = await swap(relay, name)
    names.set(generation, name)
    swapMs.push(ms)
  }
  isOver = true
  await Promise.all(workers)
  const tookSeconds = (performance.now() - started) / 1000
  await swap(relay, 'a')
  const after = await report(relay)
  const records = new Map<string, AuditRecord>()
  // A long run fills several segments.
  for await (const record of readRecords(join(folder, 'audit.jsonl'))) records.set(record.id, record)
  return {
    answers,
    seconds: tookSeconds,
    swapMs,
    failed: answers.filter(({ kind, status }) => status !== 200 && !(kind === 'only-a' && status === 403)),
    mixed: answers.filter((answer) => !isOfOne(answer, records, names)),
    notOnce: answers.filter(({ id, status }) => (upstream.reached.get(id) ?? 0) !== (status === 200 ? 1 : 0)),
    before,
    after,
    upstreamConnections: upstream.connections.size,
  }
}

/** Whether the audit names a generation, and all that is known of the answer is of that one. */
function isOfOne(
  { kind, status, seen, requestId }: Answered,
  records: ReadonlyMap<string, AuditRecord>,
  names: ReadonlyMap<string, string>,
): boolean {
  const record = records.get(requestId ?? '')
  const name = names.get(record?.generation ?? '')
  if (record?.status !== status) return false
  if (kind === 'only-a' && name === 'b') return status === 403 && seen === null
  return status === 200 && seen === (name === 'a' ? 'key-a user' : 'key-b op')
}

async function writeConfigs(folder: string, issuer: string, upstream: string): Promise<void> {
  for (const { name, content, mode } of [...makeAirflowKeys(), ...makeAuditKey('relay.test/audit')])
    await writeFile(join(folder, name), content, { mode })
  const port = await freePort()
  const both = {
    version: 1,
    publicUrl: `http://127.0.0.1:${port}`,
    listen: { host: '127.0.0.1', port, plain: true },
    identity: { oidc: { issuer, clientId: 'jetway', audience } },
    direct: 'airflow',
    audit: { file: 'audit.jsonl', keyFile: 'audit.pem', origin: 'relay.test/audit' },
    log: { level: 'warn' },
  }
  const services = (keyId: string) => ({
    airflow: { type: 'airflow', url: upstream, identity: { keyFile: 'relay.pem', keyId } },
  })
  const configs = {
    a: { services: services('key-a'), policy: { grants: [{ group: 'data-eng', role: 'user' }] } },
    b: {
      services: services('key-b'),
      policy: {
        roles: {
          reader: { verbs: ['dag.read', 'log.read'], airflowRole: 'op' },
          starter: { verbs: ['run.trigger'], airflowRole: 'op' },
        },
        grants: [
          { group: 'data-eng', role: 'reader' },
          { group: 'data-eng', role: 'starter', dags: ['hello'] },
        ],
      },
    },
  }
  for (const [name, { policy, ...own }] of Object.entries(configs)) {
    const config = { ...both, ...own, policy: { contact: 'Ask us.', ...policy } }
    await writeFile(join(folder, `${name}.yaml`), JSON.stringify(config))
  }
}

async function swap(relay: ChildProcess, name: string): Promise<Answers['swap']> {
  relay.send({ swap: name })
  const [answer] = await once(relay, 'message')
  return answer
}

async function report(relay: ChildProcess): Promise<Remains> {
  relay.send({ report: true })
  const [answer] = await once(relay, 'message')
  return answer
}

async function stopped(relay: ChildProcess): Promise<void> {
  if (relay.exitCode !== null || relay.signalCode !== null) return
  const exited = once(relay, 'exit')
  relay.kill('SIGKILL')
  await exited
}
