import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '../../../support/eventually.ts'
import { openTunnelTo } from '../../../support/open-tunnel.ts'
import { policyOf, type ReloadSite, runs, startReloadSite } from '../../../support/reload-site.ts'
import { startTokenProvider } from '../../../support/token-provider.ts'

let site: ReloadSite

beforeEach(async () => {
  site = await startReloadSite()
})
afterEach(() => site.close())

const retiredAreGone = () =>
  eventually('the generations before have ended', async () => site.relay.status().retired.length === 0, 5000)

test('who signed in at another provider has to do it again', async () => {
  const second = await startTokenProvider()
  try {
    const identity = { oidc: { issuer: second.issuer, clientId: 'jetway', audience: 'urn:test:relay' } }
    await site.relay.reloadWith({ identity }, { allowWidening: true })
    expect(await site.tunnel.closed).toMatchObject({ code: 'UNAUTHENTICATED' })
    const authorization = `Bearer ${await site.provider.token()}`
    expect((await fetch(`${site.relay.url}/api/v2/dags`, { headers: { authorization } })).status).toBe(401)
  } finally {
    await second.close()
  }
})

test('what was begun before the swap ends as it was, by the rules that it began with', async () => {
  let finish = () => {}
  const begun = new Promise<void>((resolve) => {
    site.upstream.answer = (request, response) => {
      if (request.method !== 'POST') return response.end('{}')
      finish = () => response.end('{"dag_run_id":"slow"}')
      return resolve()
    }
  })
  const running = site.trigger()
  await begun
  const { before } = await site.relay.reloadWith({ policy: policyOf('viewer') })
  expect(site.relay.status().retired).toMatchObject([{ id: before, inFlight: 1 }])
  finish()
  expect(await (await running).json()).toEqual({ dag_run_id: 'slow' })
  await retiredAreGone()
  await site.relay.auditLog.flush()
  expect((await site.relay.records()).find(({ verb }) => verb === 'run.trigger')).toMatchObject({
    generation: before,
    status: 200,
    error: null,
  })
})

test('at the deadline requests, upgraded connections and connections to tcp services are cut, and recorded as cut', async () => {
  site.upstream.answer = (request, response) => {
    if (request.url?.includes('/wait')) response.write('begun')
    else response.end('{}')
  }
  const response = await fetch(`${site.local}${runs}/r/wait?interval=1`)
  const socket = new WebSocket(`${site.local.replace('http', 'ws')}/api/v2/dags`)
  await once(socket, 'open')
  const tcp = connect(site.tcpPort, '127.0.0.1').on('error', () => {})
  tcp.write('x')
  await once(tcp, 'data')
  const closed = [once(socket, 'close'), closeOf(tcp), expect(response.text()).rejects.toThrow()]
  socket.on('error', () => {})
  const started = performance.now()
  const { before } = await site.relay.reloadWith({ limits: { drainSeconds: 1 }, name: 'other' })
  expect(site.relay.status().retired).toMatchObject([{ id: before, inFlight: 3 }])
  // Those of the generation at work are not touched.
  const next = connect(site.tcpPort, '127.0.0.1').on('error', () => {})
  next.write('x')
  await once(next, 'data')
  await Promise.all(closed)
  expect(performance.now() - started).toBeGreaterThan(900)
  await retiredAreGone()
  next.write('still')
  expect(String((await once(next, 'data'))[0])).toBe('still')
  await site.relay.auditLog.flush()
  const cut = (await site.relay.records()).filter(({ generation, error }) => generation === before && error)
  expect(cut.map(({ error }) => error)).toEqual(['DRAINING', 'DRAINING', 'DRAINING'])
  next.destroy()
})

test('who may not connect any more is refused at once, and what they had open ends at the deadline', async () => {
  const old = connect(site.tcpPort, '127.0.0.1').on('error', () => {})
  old.write('x')
  await once(old, 'data')
  await site.relay.reloadWith({ policy: { ...policyOf('user'), connect: [] } })
  const refused = connect(site.tcpPort, '127.0.0.1').on('error', () => {})
  await closeOf(refused)
  old.write('y')
  expect(String((await once(old, 'data'))[0])).toBe('y')
  await closeOf(old)
  const records = await eventually('the records', async () => {
    const all = (await site.relay.records()).filter(
      ({ verb, kind }) => verb === 'tcp.connect' && kind === 'request',
    )
    return all.length === 2 && all
  })
  expect(records.map(({ decision, error }) => [decision?.effect, error])).toEqual([
    ['deny', 'FORBIDDEN'],
    ['allow', 'DRAINING'],
  ])
})

test('a session begins with the limits of the generation at work', async () => {
  expect(site.tunnel.welcome.limits.streams).toBe(256)
  await site.relay.reloadWith({ limits: { maxStreamsPerSession: 7 } })
  const next = await openTunnelTo(site.relay.carrierUrl, () => site.provider.token())
  expect(next.welcome.limits.streams).toBe(7)
  next.close()
})

function closeOf(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve))
}
