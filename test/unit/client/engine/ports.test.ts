import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Show } from '#client/engine/signing-in.ts'
import { freePort } from '../../../../demo/free-port.ts'
import { type DemoProvider, startProvider } from '../../../../demo/provider/provider.ts'
import { eventually } from '../../../support/eventually.ts'
import { inBrowser, type OwnEngine, plainWay, startOwnEngine } from '../../../support/own-engine.ts'
import type { OwnRelay } from '../../../support/own-relay.ts'
import { serviceAt, startPeopleRelay } from '../../../support/people-relay.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** The local ports of an engine between a real provider and a real relay. */
let provider: DemoProvider
let relay: OwnRelay
let upstream: ToldUpstream
let own: OwnEngine
/** What the provider waits for before it gives a token; null for nothing. */
let beforeToken: Promise<void> | null = null
let refreshes = 0
const others: Server[] = []

beforeAll(async () => {
  provider = await startProvider({
    port: 0,
    // So short that each connection begins with a refresh.
    accessTokenSeconds: 25,
    async around(context, next) {
      if (context.path === '/token') {
        refreshes += 1
        await beforeToken
      }
      await next()
    },
  })
  upstream = await startToldUpstream()
})
afterAll(async () => {
  upstream?.close()
  await provider?.close()
})
beforeEach(async () => {
  relay = await startPeopleRelay(provider.issuer, upstream.url, {
    services: { docs: await serviceAt('http', upstream.url) },
    policy: {
      contact: 'Ask us.',
      grants: [{ group: 'data-eng', role: 'viewer' }],
      http: [{ group: 'data-eng', services: ['docs'], verbs: ['http.read'] }],
    },
  })
  own = await startOwnEngine()
})
afterEach(async () => {
  await own.close()
  await relay.close()
  for (const server of others.splice(0)) server.close()
})

const get = () => fetch(`${own.service().localUrl}/api/v2/dags`, { redirect: 'manual' })
async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  others.push(server)
  await once(server, 'listening')
  return (server.address() as { port: number }).port
}

/** A port for each service; those of `taken` are another program's until `free` is called. */
async function withTaken(...taken: ('airflow' | 'docs')[]) {
  const ports = { airflow: await freePort(), docs: await freePort() }
  const free: (() => void)[] = []
  for (const name of taken) {
    const port = await takenPort()
    ports[name] = port
    free.push(() => others.pop()?.close())
  }
  const { name } = await own.engine.addEnvironment({ relayUrl: relay.url, ports })
  return { name, ports, free: () => free.pop()?.() }
}
const noPage: Show = () => expect.fail('nobody is to sign in for that')

test('a taken port keeps one service away; with the one that is offered it is there, now and after a restart', async () => {
  const { name, ports } = await withTaken('airflow')
  await own.connect('ana')
  expect(own.status()).toMatchObject({ state: 'connected', lastError: null })
  const { taken } = own.service()
  expect(taken?.owner).toContain(`(process ${process.pid})`)
  expect(own.service()).toMatchObject({ localPort: ports.airflow, localUrl: null })
  expect(own.service('docs')).toMatchObject({ localUrl: expect.any(String), taken: null })
  expect((await fetch(`${own.service('docs').localUrl}/`)).status).toBe(200)

  const suggestion = taken?.suggestion as number
  await own.engine.setPort(name, 'airflow', suggestion)
  expect(own.service()).toMatchObject({
    localPort: suggestion,
    localUrl: `http://localhost:${suggestion}`,
    taken: null,
  })
  expect((await get()).status).toBe(200)

  await own.restart()
  expect(own.service()).toMatchObject({ localPort: suggestion, localUrl: expect.any(String) })
})

test('a port that becomes free is bound by itself, and the relay knows it', async () => {
  const { ports, free } = await withTaken('airflow')
  await own.connect('ana')
  free()
  await eventually('it is bound', async () => own.service().localUrl)
  await eventually('it is connected again', async () => own.status().state === 'connected')
  expect(own.service()).toMatchObject({ localPort: ports.airflow, taken: null })
  const headers = { origin: `http://localhost:${ports.airflow}`, 'sec-fetch-site': 'same-origin' }
  expect((await fetch(`${own.service().localUrl}/api/v2/dags`, { headers })).status).toBe(200)
})

test('the page of a program that has a taken port is a foreign one', async () => {
  const { ports } = await withTaken('airflow')
  await own.connect('ana')
  const headers = { origin: `http://localhost:${ports.airflow}`, 'sec-fetch-site': 'same-site' }
  expect((await fetch(`${own.service('docs').localUrl}/`, { headers })).status).toBe(403)
})

test('where no port is to be had it is said before anyone signs in; who is signed in is connected once one is free', async () => {
  const { name, free } = await withTaken('airflow', 'docs')
  await expect(own.engine.connect(name, noPage, plainWay)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  await own.engine.signIn(name, inBrowser('ana'), plainWay)
  await expect(own.engine.connect(name, noPage, plainWay)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  expect(own.status()).toMatchObject({ state: 'disconnected', lastError: { code: 'PORT_TAKEN' } })
  free()
  await eventually('it is connected', async () => own.status().state === 'connected')
  expect(own.status().services.map(({ taken }) => taken !== null)).toEqual([true, false])
  free()
  await eventually('both are there', async () => own.service().localUrl)
})

test.each([
  ['who is not signed in', async () => {}],
  ['who has disconnected meanwhile', async (name: string) => void (await own.engine.disconnect(name))],
  ['who has signed out meanwhile', async (name: string) => void (await own.engine.signOut(name))],
])('a port that becomes free connects nobody %s, and opens no page', async (_who, meanwhile) => {
  const { name, free } = await withTaken('airflow', 'docs')
  await expect(own.engine.connect(name, noPage, plainWay)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  await meanwhile(name)
  free()
  await eventually('it is bound', async () => own.service('docs').localUrl)
  await eventually('it is at rest', async () => own.status().state === 'disconnected')
  expect(own.status()).toMatchObject({ signingIn: false })
  expect(own.status().lastError?.code).not.toBe('PORT_TAKEN')
})

test('who disconnects at once is not sent to a sign-in page', async () => {
  const { name } = await own.engine.addEnvironment({ relayUrl: relay.url })
  const connected = own.engine.connect(name, () => expect.fail('there was a page'), plainWay)
  await Promise.all([
    expect(connected).rejects.toMatchObject({ code: 'CLOSED' }),
    own.engine.disconnect(name),
  ])
  expect(own.status()).toMatchObject({ state: 'disconnected', signingIn: false, lastError: null })
})

test('a port that is not to be had changes nothing', async () => {
  const { name } = await own.engine.addEnvironment({ relayUrl: relay.url })
  await own.connect('ana')
  await eventually('it was told what there is', async () => own.status().relayVersion)
  const before = own.status()
  const port = await takenPort()
  await expect(own.engine.setPort(name, 'airflow', port)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  await expect(own.engine.setPort(name, 'nope', await freePort())).rejects.toMatchObject({
    code: 'SERVICE_UNKNOWN',
  })
  await expect(own.engine.setPort(name, 'airflow', own.service('docs').localPort)).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    message: `Port ${own.service('docs').localPort} is used by docs of ${name}, in Jetway.`,
  })
  expect(own.status()).toEqual(before)
  expect((await get()).status).toBe(200)
})

test('while connected: what is open at other ports goes on, and the relay knows the new port', async () => {
  const { name } = await own.engine.addEnvironment({ relayUrl: relay.url })
  await own.connect('ana')
  let goOn = () => {}
  const asked = new Promise<void>((resolve) => {
    upstream.answer = ({ url }, response) => {
      if (url !== '/slow') {
        response.end('{}')
        return
      }
      response.write('begun, ')
      goOn = () => response.end('done')
      resolve()
    }
  })
  const open = fetch(`${own.service('docs').localUrl}/slow`).then((response) => response.text())
  await asked
  upstream.answer = (_request, response) => response.end('{}')

  const before = own.service().localUrl
  const port = await freePort()
  await own.engine.setPort(name, 'airflow', port)
  await eventually('it is connected again', async () => own.status().state === 'connected')
  // Its Origin is held against the ports that the relay was told.
  const headers = { origin: `http://localhost:${port}`, 'sec-fetch-site': 'same-origin' }
  const answer = await fetch(`http://localhost:${port}/api/v2/dags`, { headers })
  expect(answer.status).toBe(200)
  await expect(fetch(`${before}/api/v2/dags`)).rejects.toThrow()
  goOn()
  expect(await open).toBe('begun, done')
})

test('while connecting: the relay knows the new port', async () => {
  const { name } = await own.engine.addEnvironment({ relayUrl: relay.url })
  await own.engine.signIn(name, inBrowser('ana'), plainWay)
  let goOn = () => {}
  beforeToken = new Promise((resolve) => {
    goOn = resolve
  })
  refreshes = 0
  const connected = own.connect('ana')
  // Its ports are bound by then, and the relay is about to hear of them.
  await eventually('it wants a token', async () => refreshes > 0)
  const port = await freePort()
  await own.engine.setPort(name, 'airflow', port)
  goOn()
  beforeToken = null
  await connected
  const headers = { origin: `http://localhost:${port}`, 'sec-fetch-site': 'same-origin' }
  await eventually('the relay knows it', async () => {
    const answer = await fetch(`http://localhost:${port}/api/v2/dags`, { headers })
    return answer.status === 200
  })
  expect(own.status()).toMatchObject({ state: 'connected', lastError: null })
})

test('how it is marked is remembered', async () => {
  const { name } = await own.engine.addEnvironment({ relayUrl: relay.url })
  expect(own.status()).toMatchObject({ color: 'blue', production: false })
  expect(await own.engine.setAppearance(name, { color: 'pink', production: true })).toMatchObject({
    color: 'pink',
    production: true,
  })
  // The same relay again is the same environment.
  await own.engine.addEnvironment({ relayUrl: relay.url })
  await own.restart()
  expect(own.status()).toMatchObject({ color: 'pink', production: true })
})
