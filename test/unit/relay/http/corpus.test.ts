import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LocalPort } from '#client/local-port.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { readCases } from '../../../http-corpus/cases.ts'
import { check } from '../../../http-corpus/check.ts'
import { detached } from '../../../support/detached.ts'
import { openTunnelTo } from '../../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { type RawUpstream, startRawUpstream } from '../../../support/raw-upstream.ts'
import { startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'

/** Raw requests to a relay, through a tunnel and directly, and what its upstream saw of them on the wire. */
let provider: TokenProvider
let upstream: RawUpstream
let relay: OwnRelay
let tunnel: Tunnel
let local: LocalPort
let token: string

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startRawUpstream()
  relay = await startOwnRelay(provider.issuer, {
    services: {
      airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' }, connections: 4 },
    },
    direct: 'airflow',
    limits: { maxOpensPerSecond: 10_000 },
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'user' }] },
  })
  token = await provider.token()
  local = await LocalPort.listen({ service: 'airflow', type: 'airflow', port: 0, detached })
  tunnel = await openTunnelTo(relay.carrierUrl, async () => token, [
    { name: 'airflow', localPort: local.port },
  ])
  local.attach(tunnel)
})
afterAll(async () => {
  tunnel?.close()
  await local?.close()
  await relay?.close()
  await upstream?.close()
  await provider?.close()
})

const cases = readCases()
const ways = {
  tunnel: () => ({ port: local.port, host: `localhost:${local.port}`, bearer: null }),
  direct: () => ({ port: relay.port, host: `relay.test:${relay.port}`, bearer: token }),
}

test('there are enough of them, and no two are the same', () => {
  expect(cases.length).toBeGreaterThanOrEqual(300)
  const requests = cases.map(({ request, answer }) => JSON.stringify([request, answer]))
  expect(requests.filter((request, i) => requests.indexOf(request) !== i)).toEqual([])
})

describe.each(['tunnel', 'direct'] as const)('%s', (way) => {
  const own = cases.filter(({ only }) => only === null || only === way)
  test.each(own.map((each) => [each.name, each] as const))('%s', async (_, each) => {
    const { differences } = await check(
      each,
      { address: '127.0.0.1', tls: null, ...ways[way]() },
      upstream,
      3000,
    )
    expect(differences.join('\n')).toBe('')
  })
})
