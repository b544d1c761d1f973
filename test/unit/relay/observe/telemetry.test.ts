import { execFile } from 'node:child_process'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type OtlpReceiver, startOtlpReceiver } from '../../../support/otlp-receiver.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

let provider: TokenProvider
let upstream: ToldUpstream
let collector: OtlpReceiver
let relay: OwnRelay
let seen: IncomingHttpHeaders

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  upstream.answer = (request, response) => {
    seen = request.headers
    response.end('{}')
  }
})
afterEach(() => collector.close())
afterAll(async () => {
  upstream?.close()
  await provider?.close()
})

async function start(telemetry: object): Promise<void> {
  collector = await startOtlpReceiver()
  relay = await startOwnRelay(provider.issuer, {
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    direct: 'airflow',
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'user' }] },
    telemetry: { otlpEndpoint: collector.url, ...telemetry },
  })
}

async function ask(path: string, headers: Record<string, string> = {}): Promise<number> {
  const authorization = `Bearer ${await provider.token()}`
  const response = await fetch(`${relay.url}${path}`, { headers: { authorization, ...headers } })
  await response.arrayBuffer()
  return response.status
}

const [traceId, parentId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']

test('request, decision and upstream are spans of the trace that the request names, and go on upstream', async () => {
  await start({ samplingRatio: 0 })
  await ask('/api/v2/dags/d1/dagRuns', { traceparent: `00-${traceId}-${parentId}-01`, tracestate: 'a=b' })
  await relay.close()
  const spanOf = (name: string) => collector.spans.find((span) => span.name === name)
  const request = spanOf('run.read')
  const forwarded = spanOf('upstream')
  expect(request).toMatchObject({
    traceId,
    parentSpanId: parentId,
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/api/v2/dags/{dag_id}/dagRuns',
      'http.response.status_code': 200,
      'jetway.service': 'airflow',
    },
  })
  expect(spanOf('decision')).toMatchObject({
    traceId,
    parentSpanId: request?.spanId,
    attributes: { 'jetway.effect': 'allow', 'jetway.policies': ['data-eng:user:*'] },
  })
  expect(forwarded).toMatchObject({ traceId, parentSpanId: request?.spanId })
  expect(seen).toMatchObject({ traceparent: `00-${traceId}-${forwarded?.spanId}-01`, tracestate: 'a=b' })
  expect(collector.text).not.toMatch(/ana|eyJ/)
})

test('a denial is told by its code', async () => {
  await start({ samplingRatio: 1 })
  expect(await ask('/api/v2/variables')).toBe(403)
  await relay.close()
  expect(collector.spans.find(({ name }) => name === 'decision')?.attributes).toMatchObject({
    'jetway.effect': 'deny',
    'jetway.code': 'FORBIDDEN',
  })
  expect(collector.spans.map(({ name }) => name).sort()).toEqual(['decision', 'variable.read'])
})

test('what is not sampled is not sent, and the upstream is told so', async () => {
  await start({ samplingRatio: 0 })
  await ask('/api/v2/dags')
  await relay.close()
  expect(collector.spans).toEqual([])
  expect(seen.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
})

test('audit records are exported as logs, and written', async () => {
  await start({ traces: false, auditLogs: true })
  await ask('/api/v2/dags')
  await relay.auditLog.flush()
  const records = await relay.records()
  await relay.close()
  expect(records.at(-1)).toMatchObject({ verb: 'dag.read', status: 200 })
  expect(collector.logs).toMatchObject([
    {
      eventName: 'jetway.audit.request',
      body: { verb: 'dag.read', status: 200, principal: { subject: 'ana' } },
    },
  ])
  expect(seen).not.toHaveProperty('traceparent')
})

test('a collector that is away holds up nothing', async () => {
  await start({ samplingRatio: 1, auditLogs: true })
  collector.close()
  expect(await ask('/api/v2/dags')).toBe(200)
  await relay.close()
})

test('what is off is not loaded', async () => {
  const script = `await import('./relay/relay.ts')
    const { createRequire } = await import('node:module')
    const loaded = Object.keys(createRequire(import.meta.url).cache)
    console.log(loaded.some((path) => path.includes('undici')), loaded.some((path) => /prom-client|opentelemetry/.test(path)))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: join(import.meta.dirname, '../../../..'),
  })
  expect(stdout.trim()).toBe('true false')
})
