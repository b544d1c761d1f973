import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ControlClient, type ControlListener, dialControl } from '#client/control/control-client.ts'
import { type ControlServer, serveControl } from '#client/control/control-server.ts'
import { controlSocketPath } from '#client/home.ts'
import type { ControlNotifications } from '#shared/ipc/control.ts'
import { freePort } from '../../../../demo/free-port.ts'
import { type DemoProvider, startProvider } from '../../../../demo/provider/provider.ts'
import { eventually } from '../../../support/eventually.ts'
import { type OwnEngine, startOwnEngine } from '../../../support/own-engine.ts'
import type { OwnRelay } from '../../../support/own-relay.ts'
import { startPeopleRelay } from '../../../support/people-relay.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** An engine with its control socket, between a real provider and a real relay. */
let provider: DemoProvider
let upstream: ToldUpstream
let relay: OwnRelay
let own: OwnEngine
let control: ControlServer
let environment: string
/** Answers of the relay's own that have ended; of those that go on, once nobody looks on. */
let answersEnded: number
const clients: ControlClient[] = []

beforeAll(async () => {
  provider = await startProvider({ port: 0, accessTokenSeconds: 300 })
  upstream = await startToldUpstream()
})
afterAll(async () => {
  upstream?.close()
  await provider?.close()
})
beforeEach(async () => {
  answersEnded = 0
  const log = pino(
    {},
    {
      write(line: string) {
        const { msg, method, operation, bytes } = JSON.parse(line)
        if (msg === 'request' && method === 'GET' && operation === undefined && bytes === 0) answersEnded += 1
      },
    },
  )
  relay = await startPeopleRelay(provider.issuer, upstream.url, {}, log)
  own = await startOwnEngine()
  control = await serveControl({ engine: own.engine, path: controlSocketPath(own.home), shutdown() {} })
  environment = (await own.engine.addEnvironment({ relayUrl: relay.url })).name
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await own.close()
  await control.close()
  await relay.close()
})

const localUrl = () => own.service().localUrl
const read = async (dag: string) => (await fetch(`${localUrl()}/api/v2/dags/${dag}`)).text()

async function dial(listener: Partial<ControlListener> = {}): Promise<ControlClient> {
  const client = await dialControl(controlSocketPath(own.home), listener)
  clients.push(client)
  return client
}

/** Someone who watches what goes through, and all that they were told. */
async function watcher() {
  const told: ControlNotifications['activity'][] = []
  const at: number[] = []
  const client = await dial({
    activity(one) {
      told.push(one)
      at.push(performance.now())
    },
  })
  const recent = await client.request('watchActivity', { environment })
  const dags = () => told.flatMap(({ entries }) => entries.map(({ dag }) => dag))
  const until = (dag: string) => eventually(`told of ${dag}`, async () => dags().includes(dag), 10_000)
  return { client, recent, told, at, dags, until }
}

test('access is asked of the relay, where one is connected', async () => {
  const client = await dial()
  await expect(client.request('access', { environment })).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
  await expect(client.request('access', { environment: 'nope' })).rejects.toMatchObject({
    code: 'ENVIRONMENT_UNKNOWN',
  })
  await own.connect('ana')
  expect(await client.request('access', { environment })).toMatchObject({
    person: { name: 'ana@example.com' },
    contact: 'Ask us.',
    services: [{ name: 'airflow', airflowRole: 'viewer', grants: [{ role: 'viewer', dags: ['*'] }] }],
  })
})

test('who watches is told what was before and what comes, denials with their reason, until they go', async () => {
  await own.connect('ana')
  await read('before')
  const { client, recent, told, until } = await watcher()
  expect(recent).toMatchObject([{ dag: 'before', verb: 'dag.read', status: 200, effect: 'allow' }])
  const denial = await fetch(`${localUrl()}/api/v2/dags/denied/dagRuns`, { method: 'POST', body: '{}' })
  const { detail } = (await denial.json()) as { detail: string }
  await until('denied')
  expect(told).toMatchObject([
    { environment, lost: 0, entries: [{ dag: 'denied', effect: 'deny', status: 403, problem: { detail } }] },
  ])
  answersEnded = 0
  client.close()
  await eventually('the relay is asked no more', async () => answersEnded === 1, 10_000)
})

test('unwatching ends it, watching twice tells nothing twice', async () => {
  await own.connect('ana')
  const one = await watcher()
  expect(await one.client.request('watchActivity', { environment })).toEqual([])
  const other = await watcher()
  answersEnded = 0
  await read('first')
  await Promise.all([one.until('first'), other.until('first')])
  expect(one.dags()).toEqual(['first'])
  await one.client.request('unwatchActivity', { environment })
  await read('second')
  await other.until('second')
  expect(one.dags()).toEqual(['first'])
  const late = await watcher()
  expect(late.recent.map(({ dag }) => dag)).toEqual(['first', 'second'])
  expect(answersEnded).toBe(0)
  for (const { client } of [other, late]) await client.request('unwatchActivity', { environment })
  await eventually('the relay is asked no more', async () => answersEnded === 1, 10_000)
})

test('who watches before there is a connection is told once there is, and goes on over further sessions', async () => {
  const { recent, dags, until } = await watcher()
  expect(recent).toEqual([])
  await own.connect('ana')
  await read('one')
  await until('one')
  // With another local port another session begins.
  await own.engine.setPort(environment, 'airflow', await freePort())
  await eventually('another session', async () => own.status().state === 'connected')
  await read('two')
  await until('two')
  await own.engine.disconnect(environment)
  await own.connect('ana')
  await read('three')
  await until('three')
  expect(dags()).toEqual(['one', 'two', 'three'])
})

test('what comes fast is told ten times a second, and all of it', async () => {
  await own.connect('ana')
  const { told, at, dags, until } = await watcher()
  const many = 300
  const started = performance.now()
  for (let i = 0; i < many / 10; i += 1)
    await Promise.all(Array.from({ length: 10 }, (_, j) => read(`dag_${i * 10 + j}`)))
  await until(`dag_${many - 1}`)
  await eventually('all', async () => dags().length === many, 10_000)
  expect(new Set(dags()).size).toBe(many)
  expect(told.length).toBeLessThanOrEqual((at.at(-1) as number) - started / 100 + 2)
})

test('traffic is told each second to who watches, and nothing after', async () => {
  await own.connect('ana')
  const samples: ControlNotifications['traffic'][] = []
  const client = await dial({ traffic: (sample) => samples.push(sample) })
  expect(await client.request('watchTraffic', { environment })).toEqual([])
  upstream.answer = (_request, response) => response.end(Buffer.alloc(300_000))
  await read('large')
  await eventually('a sample with that', async () =>
    samples.some(({ sample }) => sample.receivedBytesPerSecond > 100_000 && sample.roundTripMs !== null),
  )
  expect(samples[0]).toMatchObject({ environment, sample: { sentBytesPerSecond: expect.any(Number) } })
  const other = await dial()
  expect(await other.request('watchTraffic', { environment })).toEqual(samples.map(({ sample }) => sample))
  await other.request('unwatchTraffic', { environment })
  await client.request('unwatchTraffic', { environment })
  expect(await other.request('watchTraffic', { environment })).toEqual([])
})

const jetway = (...args: string[]) =>
  spawn(process.execPath, [join(import.meta.dirname, '../../../../cli/main.ts'), ...args, '--json'], {
    env: { ...process.env, JETWAY_HOME: own.home },
    stdio: ['ignore', 'pipe', 'inherit'],
  })

test('the command line says both, and what went through until it is interrupted', async () => {
  const offline = jetway('access')
  const refusal = JSON.parse(await text(offline.stdout))
  expect(refusal).toMatchObject({ event: 'error', problem: { code: 'NOT_CONNECTED' } })
  await own.connect('ana')
  expect(JSON.parse(await text(jetway('access').stdout))).toMatchObject({
    event: 'access',
    environment,
    services: [{ name: 'airflow', grants: [{ role: 'viewer' }] }],
  })
  await read('before')
  const live = jetway('activity')
  const lines = createInterface(live.stdout)[Symbol.asyncIterator]()
  const next = async () => JSON.parse((await lines.next()).value ?? '{}')
  expect(await next()).toMatchObject({ event: 'activity', dag: 'before', effect: 'allow' })
  await read('after')
  expect(await next()).toMatchObject({ event: 'activity', dag: 'after' })
  live.kill('SIGINT')
  const [code] = await once(live, 'exit')
  expect(code).toBe(0)
  // As with `| head -1`.
  const unread = jetway('activity')
  await once(unread.stdout, 'data')
  unread.stdout.destroy()
  const exit = once(unread, 'exit')
  await read('unread')
  expect((await exit)[0]).toBe(0)
})
