import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { ActivityWatch, type ToldActivity } from '#client/engine/activity-watch.ts'
import { Watches } from '#client/engine/watches.ts'
import { LocalPort } from '#client/local-port.ts'
import type { Tunnel } from '#client/tunnel.ts'
import { type CutProxy, startCutProxy } from '../../../support/cut-proxy.ts'
import { detached } from '../../../support/detached.ts'
import { eventually } from '../../../support/eventually.ts'
import { openTunnelTo } from '../../../support/open-tunnel.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** A tunnel to a real relay, over a network that breaks. */
let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let proxy: CutProxy
let tunnel: Tunnel
let port: LocalPort
const tunnels: Tunnel[] = []

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  relay = await startOwnRelay(provider.issuer, {
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'viewer' }] },
  })
  proxy = await startCutProxy(relay.port)
})
afterAll(async () => {
  await relay?.close()
  await proxy?.close()
  upstream?.close()
  await provider?.close()
})
beforeEach(async () => {
  port = await LocalPort.listen({ service: 'airflow', type: 'airflow', port: 0, detached })
  tunnel = await open()
  port.attach(tunnel)
})
afterEach(async () => {
  proxy.refusing = false
  for (const one of tunnels.splice(0)) one.close()
  await port.close()
})

async function open(): Promise<Tunnel> {
  const services = [{ name: 'airflow', localPort: port.port }]
  const one = await openTunnelTo(`ws://127.0.0.1:${proxy.port}/tunnel`, () => provider.token(), services)
  tunnels.push(one)
  return one
}

const read = async (dag: string) => (await fetch(`http://localhost:${port.port}/api/v2/dags/${dag}`)).text()

/** Everything that someone was told who takes it as long as `takes` says so. */
async function watching(watch: ActivityWatch, takes = () => true) {
  const told: ToldActivity[] = []
  const { recent, end } = watch.watch((one) => {
    if (!takes()) return false
    told.push(one)
    return true
  })
  const before = (await recent).map(({ dag }) => dag)
  const dags = () => told.flatMap(({ entries }) => entries.map(({ dag }) => dag))
  const until = (dag: string) => eventually(`told of ${dag}`, async () => dags().includes(dag), 15_000)
  return { before, told, dags, until, end }
}

test.each(['reset', 'black hole'] as const)(
  'after a %s it goes on, with nothing twice and nothing lost',
  async (how) => {
    const watch = new ActivityWatch()
    watch.attach(tunnel)
    const { before, told, dags, until, end } = await watching(watch)
    expect(before).toEqual([])
    await read('one')
    await until('one')
    proxy.cut(how)
    await Promise.all([read('two'), read('three')])
    await until('two')
    await until('three')
    expect(dags().sort()).toEqual(['one', 'three', 'two'])
    expect(told.every(({ lost }) => lost === 0)).toBe(true)
    end()
  },
)

test('a stream that ends is asked for again, and what was told is not told again', async () => {
  const watch = new ActivityWatch()
  const connections: ReturnType<Tunnel['openToRelay']>[] = []
  watch.attach({
    openToRelay() {
      const connection = tunnel.openToRelay()
      connections.push(connection)
      return connection
    },
  })
  const { dags, until, end } = await watching(watch)
  await read('one')
  await until('one')
  connections[0]?.destroy()
  await read('two')
  await until('two')
  expect(connections).toHaveLength(2)
  expect(dags()).toEqual(['one', 'two'])
  end()
})

test('another session follows the one before, for all who watch', async () => {
  const watch = new ActivityWatch()
  const { dags, until, end } = await watching(watch)
  watch.attach(tunnel)
  await read('one')
  await until('one')
  watch.detach()
  tunnel.close()
  await port.close()
  port = await LocalPort.listen({ service: 'airflow', type: 'airflow', port: 0, detached })
  tunnel = await open()
  port.attach(tunnel)
  watch.attach(tunnel)
  await read('two')
  await until('two')
  expect(dags()).toEqual(['one', 'two'])
  end()
})

test('who does not take it is told later how much that was', async () => {
  const watch = new ActivityWatch()
  watch.attach(tunnel)
  let takes = false
  const slow = await watching(watch, () => takes)
  const other = await watching(watch)
  await read('one')
  await other.until('one')
  await read('two')
  await other.until('two')
  takes = true
  await read('three')
  await slow.until('three')
  expect(slow.told).toMatchObject([{ entries: [{ dag: 'three' }], lost: 2 }])
  expect(other.told.every(({ lost }) => lost === 0)).toBe(true)
  slow.end()
  other.end()
})

test('looking on keeps nobody in a session that is being left', async () => {
  const watch = new ActivityWatch()
  watch.attach(tunnel)
  const { end } = await watching(watch)
  tunnel.leave()
  watch.detach()
  expect(await tunnel.closed).toMatchObject({ code: 'CLOSED' })
  end()
})

test('a relay that does not tell is not asked', async () => {
  const watches = new Watches('prod')
  await expect(watches.access()).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
  watches.opened(tunnel, false)
  await expect(watches.access()).rejects.toMatchObject({ code: 'NOT_TOLD' })
  expect(() => watches.watchActivity(() => true)).toThrow(expect.objectContaining({ code: 'NOT_TOLD' }))
  watches.left(tunnel)
  await expect(watches.access()).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
  watches.opened(tunnel, true)
  expect(await watches.access()).toMatchObject({ contact: 'Ask us.' })
})

test('why nothing can be told is said to who asks', async () => {
  const watch = new ActivityWatch()
  tunnel.close()
  watch.attach(tunnel)
  await expect(watch.watch(() => true).recent).rejects.toMatchObject({ code: 'CLOSED' })
})
