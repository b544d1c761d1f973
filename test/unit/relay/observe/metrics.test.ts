import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Tunnel } from '#client/tunnel.ts'
import { freePort } from '../../../../demo/free-port.ts'
import { eventually } from '../../../support/eventually.ts'
import { openTunnelTo } from '../../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let tunnel: Tunnel
let metricsUrl: string
let authorization: string

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  const port = await freePort()
  metricsUrl = `http://127.0.0.1:${port}/metrics`
  relay = await startOwnRelay(provider.issuer, {
    services: {
      airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' }, connections: 1 },
    },
    direct: 'airflow',
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'user' }] },
    metrics: { port },
  })
  tunnel = await openTunnelTo(relay.carrierUrl, () => provider.token())
  authorization = `Bearer ${await provider.token()}`
})
afterAll(async () => {
  tunnel?.close()
  await relay?.close()
  upstream?.close()
  await provider?.close()
})

const ask = async (path: string, o: RequestInit = {}) => {
  const response = await fetch(`${relay.url}${path}`, { ...o, headers: { authorization } })
  await response.arrayBuffer()
  return response.status
}

/** By name and labels, as they are written. */
async function scrape(): Promise<Map<string, number>> {
  const text = await (await fetch(metricsUrl)).text()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

test('requests are counted by verb, status and effect, and nothing names a person, a DAG or a path', async () => {
  upstream.answer = (_request, response) => response.end('{"dags":[]}')
  expect(await ask('/api/v2/dags/secret_dag/dagRuns')).toBe(200)
  expect(await ask('/api/v2/variables', { method: 'POST', body: '{}' })).toBe(403)
  expect(await ask('/no/such/route')).toBe(403)
  const seen = await eventually('all are counted', async () => {
    const found = await scrape()
    return found.get('jetway_rejections_total{code="ROUTE_UNKNOWN"}') === 1 && found
  })
  expect(seen.get('jetway_requests_total{verb="run.read",status="2xx",effect="allow"}')).toBe(1)
  expect(seen.get('jetway_requests_total{verb="variable.write",status="4xx",effect="deny"}')).toBe(1)
  expect(seen.get('jetway_requests_total{verb="none",status="4xx",effect="deny"}')).toBe(1)
  expect(seen.get('jetway_rejections_total{code="FORBIDDEN"}')).toBe(1)
  expect(seen.get('jetway_request_duration_seconds_count{kind="read"}')).toBe(1)
  expect(seen.get('jetway_body_bytes_total{direction="sent"}')).toBeGreaterThan(11)
  expect([...seen.keys()].join('\n')).not.toMatch(/ana|secret_dag|api\/v2/)
})

test('what is there now', async () => {
  const held: (() => void)[] = []
  upstream.answer = (_request, response) => void held.push(() => response.end('{}'))
  const asked = [ask('/api/v2/dags'), ask('/api/v2/dags')]
  const seen = await eventually('one is under way and one waits', async () => {
    const found = await scrape()
    return found.get('jetway_waiting{service="airflow"}') === 1 && found
  })
  expect(seen.get('jetway_admitted{service="airflow"}')).toBe(1)
  expect(seen.get('jetway_requests_in_flight')).toBe(2)
  expect(seen.get('jetway_requests_slow')).toBe(0)
  expect(seen.get('jetway_sessions')).toBe(1)
  expect(seen.get('jetway_streams')).toBe(0)
  expect(seen.get('jetway_audit_writable')).toBe(1)
  expect(seen.get('process_resident_memory_bytes')).toBeGreaterThan(1e6)
  expect([...seen.keys()].filter((name) => name.startsWith('jetway_generation_info'))).toHaveLength(1)
  upstream.answer = (_request, response) => response.end('{}')
  for (const answer of held) answer()
  expect(await Promise.all(asked)).toEqual([200, 200])
  await eventually('nothing is', async () => (await scrape()).get('jetway_requests_in_flight') === 0)
})

test('metrics are on their own port, and nothing else is', async () => {
  expect(await ask('/metrics')).toBe(403)
  expect((await fetch(metricsUrl.replace('/metrics', '/healthz'))).status).toBe(404)
  expect((await fetch(metricsUrl, { method: 'POST' })).status).toBe(404)
})
