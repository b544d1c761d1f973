import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { LocalPort } from '#client/local-port.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import { freePort } from '../../../demo/free-port.ts'
import { type AuditLog, openAuditLog } from '../../../relay/audit/audit-log.ts'
import { loadConfig } from '../../../relay/config/load.ts'
import { type Relay, startRelay } from '../../../relay/relay.ts'
import { makeAirflowKeys } from '../../../relay/upstream/airflow-keys.ts'
import { readAudit } from '../../support/audit.ts'
import { type CutProxy, startCutProxy } from '../../support/cut-proxy.ts'
import { eventually } from '../../support/eventually.ts'
import { openTunnelTo } from '../../support/open-tunnel.ts'
import { audience, startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'

/** A real relay and a real tunnel, with a network between them that breaks. */
const keepSeconds = 3
let folder: string
let provider: TokenProvider
let upstream: Server
let auditLog: AuditLog
let relay: Relay
let proxy: CutProxy
let tunnel: Tunnel
let port: LocalPort
let answer: (request: IncomingMessage, response: ServerResponse) => void
const detached = {
  waiting: false,
  problem: problemOf(new JetwayError('NOT_CONNECTED', { environment: 'test' })),
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resume-'))
  for (const { name, content, mode } of makeAirflowKeys())
    await writeFile(join(folder, name), content, { mode })
  provider = await startTokenProvider()
  upstream = createServer((asked, response) => answer(asked, response))
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const relayPort = await freePort()
  const config = {
    version: 1,
    publicUrl: `http://127.0.0.1:${relayPort}`,
    listen: { host: '127.0.0.1', port: relayPort, plain: true },
    identity: { oidc: { issuer: provider.issuer, clientId: 'jetway', audience } },
    services: {
      airflow: {
        type: 'airflow',
        url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
        identity: { keyFile: 'relay.pem' },
      },
    },
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'user' }] },
    audit: { file: 'audit.jsonl' },
    limits: { keepSessionSeconds: keepSeconds, maxSessionsPerPerson: 2 },
  }
  await writeFile(join(folder, 'relay.yaml'), JSON.stringify(config))
  auditLog = await openAuditLog(join(folder, 'audit.jsonl'), () => {})
  relay = await startRelay(loadConfig(join(folder, 'relay.yaml')), auditLog, pino({ level: 'silent' }))
  proxy = await startCutProxy(relayPort)
})
afterAll(async () => {
  await relay?.stop(1000)
  await auditLog?.close()
  await proxy?.close()
  upstream?.close()
  upstream?.closeAllConnections()
  await provider?.close()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  port = await LocalPort.listen({ service: 'airflow', type: 'airflow', port: 0, detached })
  tunnel = await open(() => provider.token())
  port.attach(tunnel)
})
afterEach(async () => {
  proxy.refusing = false
  tunnel.close()
  await port.close()
})

const open = (token: () => Promise<string>) =>
  openTunnelTo(`ws://127.0.0.1:${proxy.port}/tunnel`, token, [{ name: 'airflow', localPort: port.port }])

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const runs = '/api/v2/dags/hello/dagRuns'
const cuts = ['reset', 'reset', 'black hole', 'reset', 'black hole'] as const

/** Calls `pass` for each chunk, and cuts the network at even distances. */
function cutter(total: number): (bytes: number) => void {
  let seen = 0
  let done = 0
  return (bytes) => {
    seen += bytes
    if (done < cuts.length && seen > ((done + 1) * total) / (cuts.length + 1)) {
      proxy.cut(cuts[done] as 'reset')
      done += 1
    }
  }
}

test('a download goes on through resets and black holes, byte for byte, as one answer', async () => {
  const body = randomBytes(30_000_000)
  let requests = 0
  answer = (_request, response) => {
    requests += 1
    response.end(body)
  }
  const before = proxy.connections
  const cut = cutter(body.length)
  const chunks: Buffer[] = []
  const response = await fetch(`http://localhost:${port.port}/api/v2/dags`)
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    cut(chunk.length)
  }
  expect(sha256(Buffer.concat(chunks))).toBe(sha256(body))
  expect(requests).toBe(1)
  expect(proxy.connections - before).toBeGreaterThanOrEqual(cuts.length)
})

test('an upload goes on as well, and the request is made once', async () => {
  const body = randomBytes(30_000_000)
  const cut = cutter(body.length)
  const received: Buffer[] = []
  let requests = 0
  answer = async (asked, response) => {
    requests += 1
    for await (const chunk of asked as AsyncIterable<Buffer>) {
      received.push(chunk)
      cut(chunk.length)
    }
    response.end('{}')
  }
  const ask = request({
    port: port.port,
    host: 'localhost',
    method: 'POST',
    path: '/api/v2/dags/~/dagRuns/list',
    headers: { 'content-type': 'application/json', 'content-length': body.length },
  })
  ask.end(body)
  const [response] = (await once(ask, 'response')) as [IncomingMessage]
  await once(response.resume(), 'end')
  expect(response.statusCode).toBe(200)
  expect(sha256(Buffer.concat(received))).toBe(sha256(body))
  expect(requests).toBe(1)
})

test.each(['reset', 'black hole'] as const)(
  'a trigger whose answer meets a %s happens once, and is answered',
  async (how) => {
    let requests = 0
    answer = (_request, response) => {
      requests += 1
      proxy.cut(how)
      response.end('{"dag_run_id":"once"}')
    }
    const response = await fetch(`http://localhost:${port.port}${runs}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"logical_date":null}',
    })
    expect([response.status, await response.json(), requests]).toEqual([200, { dag_run_id: 'once' }, 1])
    const resumed = await eventually('the record', async () =>
      (await readAudit(join(folder, 'audit.jsonl'))).find(({ verb }) => verb === 'session.resume'),
    )
    expect(resumed).toMatchObject({ kind: 'session', principal: { name: 'ana@example.com' } })
  },
)

test('a relay that kept the session for its time lets go of it, and the loss is said', async () => {
  answer = () => {}
  const cut = fetch(`http://localhost:${port.port}/api/v2/dags`).catch((error: Error) => error)
  proxy.refusing = true
  proxy.cut('reset')
  expect((await tunnel.closed).code).toBeOneOf(['RELAY_UNREACHABLE', 'SESSION_LOST'])
  expect(await cut).toBeInstanceOf(Error)
  await eventually('the end at the relay', async () =>
    (await readAudit(join(folder, 'audit.jsonl'))).some(
      ({ verb, error }) => verb === 'session.close' && error === 'SESSION_LOST',
    ),
  )
})

test('a session resumes for no other person, whatever they know of it', async () => {
  let subject = 'user-1'
  const own = await open(() => provider.token({ sub: subject }))
  subject = 'user-2'
  proxy.cut('reset')
  expect(await own.closed).toMatchObject({ code: 'SESSION_LOST' })
})

test('sessions of one person: one more than allowed is refused, one that waits makes room', async () => {
  const second = await open(() => provider.token())
  await expect(open(() => provider.token())).rejects.toMatchObject({ code: 'TOO_MANY_SESSIONS' })
  second.close()
  await second.closed
  const third = await eventually('room', () => open(() => provider.token()).catch(() => null))
  third.close()
})
