import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { pipeline } from 'node:stream'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { watchVersions } from '#client/engine/watch-versions.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { version as jetwayVersion } from '#shared/version.ts'
import { freePort } from '../../../../demo/free-port.ts'
import { type DemoProvider, startProvider } from '../../../../demo/provider/provider.ts'
import { clock } from '../../../support/clock.ts'
import { eventually } from '../../../support/eventually.ts'
import { type OwnEngine, startOwnEngine } from '../../../support/own-engine.ts'
import type { OwnRelay } from '../../../support/own-relay.ts'
import { startPeopleRelay } from '../../../support/people-relay.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** An engine between a real provider and a real relay, before an Airflow that is upgraded. */
let provider: DemoProvider
let upstream: ToldUpstream
let relay: OwnRelay
let own: OwnEngine
let version: string
let versionsAsked: number
const policy = { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'viewer' }] }

beforeAll(async () => {
  provider = await startProvider({ port: 0, accessTokenSeconds: 300 })
  upstream = await startToldUpstream()
  upstream.answer = ({ url }, response) => {
    if (url === '/api/v2/version') versionsAsked += 1
    response.end(JSON.stringify({ version }))
  }
})
afterAll(async () => {
  upstream?.close()
  await provider?.close()
})
beforeEach(async () => {
  version = '3.3.1'
  versionsAsked = 0
  relay = await startPeopleRelay(provider.issuer, upstream.url, { policy })
  own = await startOwnEngine()
})
afterEach(async () => {
  await own.close()
  await relay.close()
})

const portOf = (server: Server) => (server.address() as AddressInfo).port
const airflow = () => own.service().airflow

test('an upgrade is noticed at the next connection, also after a restart', async () => {
  const { name } = await own.engine.addEnvironment({ relayUrl: relay.url })
  expect(airflow()).toBeNull()
  await own.connect('ana')
  await eventually('the version', async () => airflow()?.version === '3.3.1')
  const seenUntil = Date.now()

  await own.restart({
    meanwhile() {
      version = '3.3.2'
      // What the relay knows it keeps for a minute, and not over another configuration.
      return relay.reloadWith({ policy: { ...policy, contact: 'Ask them.' } })
    },
  })
  expect(airflow()).toEqual({ version: '3.3.1', before: null })
  await own.connect('ana')
  await eventually('the other version', async () => airflow()?.version === '3.3.2')
  expect(airflow()?.before?.version).toBe('3.3.1')
  expect(Date.parse(airflow()?.before?.until ?? '')).toBeLessThanOrEqual(seenUntil)

  // Another port, or the same relay added again, makes nobody forget.
  await own.engine.setPort(name, 'airflow', await freePort())
  await own.engine.addEnvironment({ relayUrl: relay.url })
  expect(airflow()).toMatchObject({ version: '3.3.2', before: { version: '3.3.1' } })
})

test.each([true, false])('a relay is asked where it tells, and not where it is older: %s', async (tells) => {
  const told = JSON.stringify({
    ...((await (await fetch(`${relay.url}/.well-known/jetway`)).json()) as object),
    // A proof names the relay, and this is another address.
    dpop: 'none',
    tells,
  })
  const front = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(told.replaceAll(String(relay.port), String(portOf(front))))
  })
  front.on('upgrade', ({ url, rawHeaders }, socket) => {
    const onward = connect(relay.port, '127.0.0.1')
    const lines = rawHeaders.map((text, i) => text + (i % 2 === 0 ? ': ' : '\r\n'))
    onward.write(`GET ${url} HTTP/1.1\r\n${lines.join('')}\r\n`)
    pipeline(onward, socket, onward, () => {})
  })
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  await own.engine.addEnvironment({ relayUrl: `http://127.0.0.1:${portOf(front)}` })
  await own.connect('ana')
  if (tells) await eventually('the version', async () => airflow()?.version === '3.3.1')
  expect(own.status().relayVersion).toBe(tells ? jetwayVersion : null)
  expect((await fetch(`${own.service().localUrl}/api/v2/dags`)).status).toBe(200)
  expect(versionsAsked).toBe(tells ? 1 : 0)
  front.close()
})

test('it is asked at once and every 15 minutes, whatever it answers, until the session is left or over', async () => {
  let asked = 0
  const server = await startToldUpstream()
  server.answer = (_request, response) => {
    asked += 1
    response.writeHead(500).end()
  }
  let end: (error: JetwayError) => void = () => {}
  const tunnelOf = () => ({
    isLeaving: false,
    closed: new Promise<JetwayError>((resolve) => {
      end = resolve
    }),
    openToRelay: () => connect(Number(new URL(server.url).port), '127.0.0.1') as never,
  })
  const { scheduler, due, pass } = clock()
  const tunnel = tunnelOf()
  watchVersions(tunnel, () => expect.fail('it was told nothing'), scheduler)
  await eventually('asked', async () => asked === 1)
  pass(15 * 60_000 - 1)
  expect(asked).toBe(1)
  pass(1)
  await eventually('asked again', async () => asked === 2)
  tunnel.isLeaving = true
  pass(15 * 60_000)
  expect(due).toEqual([])

  watchVersions(tunnelOf(), () => expect.fail('it was told nothing'), scheduler)
  await eventually('asked once more', async () => asked === 3)
  expect(due).toHaveLength(1)
  end(new JetwayError('CLOSED'))
  await eventually('nothing is due', async () => due.length === 0)
  server.close()
})
