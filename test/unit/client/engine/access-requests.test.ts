import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { memoryStore } from '#client/auth/token-store.ts'
import { type ControlClient, dialControl } from '#client/control/control-client.ts'
import { type ControlServer, serveControl } from '#client/control/control-server.ts'
import { Engine } from '#client/engine/engine.ts'
import { controlSocketPath } from '#client/home.ts'
import type { AccessRequests } from '#shared/ipc/access-requests.ts'
import { freePort } from '../../../../demo/free-port.ts'
import { audience, clientId, scopes, startProvider } from '../../../../demo/provider/provider.ts'
import { signInOverHttp } from '../../../../demo/sign-in-over-http.ts'
import { eventually } from '../../../support/eventually.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** Two people with an engine each, between a real provider and a real relay. */
let provider: Awaited<ReturnType<typeof startProvider>>
let upstream: ToldUpstream
let relay: OwnRelay
let ana: PersonAtEngine
let bob: PersonAtEngine
const stops: (() => Promise<void>)[] = []

beforeAll(async () => {
  provider = await startProvider({ port: 0, accessTokenSeconds: 300 })
  upstream = await startToldUpstream()
})
afterAll(async () => {
  upstream?.close()
  await provider?.close()
})
beforeEach(async () => {
  const { issuer } = provider
  relay = await startOwnRelay(issuer, {
    identity: { oidc: { issuer, clientId, audience, scopes, resource: audience } },
    services: {
      airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } },
    },
    policy: {
      contact: 'Ask us.',
      grants: [{ group: 'data-eng', role: 'viewer' }],
      requests: [{ group: 'data-eng', role: 'user', dags: ['finance_*'], approvers: ['finance-ops'] }],
    },
  })
  ana = await personAtEngine('ana')
  bob = await personAtEngine('bob')
})
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
  await relay.close()
})

type PersonAtEngine = Awaited<ReturnType<typeof personAtEngine>>

async function personAtEngine(name: string) {
  const home = await mkdtemp(join(tmpdir(), 'engine-'))
  const engine = await Engine.start(home, memoryStore(null))
  const control: ControlServer = await serveControl({
    engine,
    path: controlSocketPath(home),
    shutdown() {},
  })
  const ports = { airflow: await freePort() }
  const environment = (await engine.addEnvironment({ relayUrl: relay.url, ports })).name
  const told: AccessRequests[] = []
  const client: ControlClient = await dialControl(controlSocketPath(home), {
    accessRequests: (one) => told.push(one.requests),
  })
  stops.push(async () => {
    client.close()
    await engine.stop()
    await control.close()
    await rm(home, { recursive: true })
  })
  return {
    ...{ home, engine, environment, client, told },
    connect: () =>
      engine.connect(
        environment,
        (page) => {
          if (page.kind === 'browser') void signInOverHttp(page.url, name)
        },
        { device: false, fresh: false },
      ),
    async trigger(dag: string) {
      const url = engine.status().environments[0]?.services[0]?.localUrl
      const response = await fetch(`${url}/api/v2/dags/${dag}/dagRuns`, { method: 'POST', body: '{}' })
      await response.text()
      return response.status
    },
    until: (what: string, fits: (requests: AccessRequests) => boolean) =>
      eventually(what, async () => told.some(fits), 10_000),
  }
}

const policy = 'request:data-eng:user:finance_*'
const asked = { policy, reason: 'The close is stuck.', seconds: 600 }

test('denied, asked for, approved by another person, allowed at once, ended, denied', async () => {
  await Promise.all([ana.connect(), bob.connect()])
  const of = ({ environment }: PersonAtEngine) => ({ environment })
  expect(await ana.client.request('watchAccessRequests', of(ana))).toMatchObject({
    requestable: [{ policy }],
    mine: [],
  })
  expect(await bob.client.request('watchAccessRequests', of(bob))).toMatchObject({ toDecide: [] })
  expect(await ana.trigger('finance_close')).toBe(403)
  const { id } = await ana.client.request('requestAccess', { ...of(ana), ...asked })
  await bob.until('it waits for bob', ({ toDecide }) => toDecide[0]?.id === id)
  const decision = { id, decision: 'approve', note: 'Until noon.' } as const
  await bob.client.request('decideAccessRequest', { ...of(bob), ...decision })
  expect(await ana.trigger('finance_close')).toBe(200)
  await ana.until('ana is told', ({ mine }) => mine[0]?.state === 'approved')
  expect(await bob.client.request('endAccessRequest', { ...of(bob), id })).toMatchObject({
    state: 'ended',
    endedBy: 'bob@example.com',
  })
  expect(await ana.trigger('finance_close')).toBe(403)
  await expect(bob.client.request('decideAccessRequest', { ...of(bob), ...decision })).rejects.toMatchObject({
    code: 'ACCESS_REQUEST_OVER',
  })
  await expect(
    bob.client.request('endAccessRequest', { ...of(bob), id: '../../access' }),
  ).rejects.toMatchObject({ code: 'ACCESS_REQUEST_UNKNOWN' })
})

test('who watches without a connection is told why, and all of it once there is one, over further sessions', async () => {
  const { client, environment, engine } = ana
  await expect(client.request('watchAccessRequests', { environment })).rejects.toMatchObject({
    code: 'NOT_CONNECTED',
  })
  await expect(client.request('requestAccess', { environment, ...asked })).rejects.toMatchObject({
    code: 'NOT_CONNECTED',
  })
  await ana.connect()
  await ana.until('it is told', ({ requestable }) => requestable.length === 1)
  await engine.disconnect(environment)
  await ana.connect()
  const { id } = await client.request('requestAccess', { environment, ...asked })
  await ana.until('it is told of', ({ mine }) => mine[0]?.id === id)
  await client.request('unwatchAccessRequests', { environment })
  const { length } = ana.told
  await client.request('endAccessRequest', { environment, id })
  expect(ana.told).toHaveLength(length)
  expect(await client.request('watchAccessRequests', { environment })).toMatchObject({
    mine: [{ id, state: 'ended' }],
  })
})

const main = join(import.meta.dirname, '../../../../cli/main.ts')

/** What the command line says, a JSON object a line, and its exit code. */
async function jetway({ home }: PersonAtEngine, ...args: string[]) {
  const command = spawn(process.execPath, [main, 'requests', ...args, '--json'], {
    env: { ...process.env, JETWAY_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output, [code]] = await Promise.all([text(command.stdout), once(command, 'exit')])
  return { code, said: JSON.parse(output.trim()) }
}

test('the command line lists, asks, approves, denies and ends', async () => {
  await Promise.all([ana.connect(), bob.connect()])
  expect(await jetway(ana)).toMatchObject({
    code: 0,
    said: { event: 'requests', environment: ana.environment, requestable: [{ policy }], mine: [] },
  })
  const asking = ['ask', 'user', '--for', '10m', '--reason', 'The close is stuck.']
  const { said } = await jetway(ana, ...asking)
  expect(said).toMatchObject({ event: 'request', request: { state: 'waiting', seconds: 600 } })
  const { id } = said.request
  expect(await jetway(ana, 'ask', 'admin', '--for', '1h', '--reason', 'x')).toMatchObject({
    code: 5,
    said: { problem: { code: 'ACCESS_NOT_REQUESTABLE' } },
  })
  expect(await jetway(ana, 'approve', id)).toMatchObject({
    code: 5,
    said: { problem: { code: 'OWN_ACCESS_REQUEST' } },
  })
  expect(await jetway(bob, 'approve', id.slice(0, 8), '--note', 'Until noon.')).toMatchObject({
    code: 0,
    said: { request: { id, state: 'approved', decision: { note: 'Until noon.' } } },
  })
  expect(await ana.trigger('finance_close')).toBe(200)
  expect(await jetway(ana, 'end', id.slice(0, 8))).toMatchObject({ said: { request: { state: 'ended' } } })
  expect(await ana.trigger('finance_close')).toBe(403)
  const other = (await jetway(ana, ...asking)).said.request.id
  expect(await jetway(bob, 'deny', other)).toMatchObject({ said: { request: { state: 'denied' } } })
  expect(await jetway(bob, 'end', other)).toMatchObject({
    code: 5,
    said: { problem: { code: 'ACCESS_REQUEST_OVER' } },
  })
})
