import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { memoryStore } from '#client/auth/token-store.ts'
import { Engine } from '#client/engine/engine.ts'
import type { Show } from '#client/engine/signing-in.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { freePort } from '../../../../demo/free-port.ts'
import { audience, clientId, scopes, startProvider } from '../../../../demo/provider/provider.ts'
import { signInOverHttp } from '../../../../demo/sign-in-over-http.ts'
import { eventually } from '../../../support/eventually.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** The local ports of an engine between a real provider and a real relay. */
let provider: Awaited<ReturnType<typeof startProvider>>
let relay: OwnRelay
let upstream: ToldUpstream
let home: string
let engine: Engine
/** What the provider waits for before it gives a token; null for nothing. */
let beforeToken: Promise<void> | null = null
let refreshes = 0
const others: Server[] = []
const way = { device: false, fresh: false }
const asAna: Show = (page) => {
  if (page.kind === 'browser') void signInOverHttp(page.url, 'ana')
}

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
  const { issuer } = provider
  relay = await startOwnRelay(issuer, {
    identity: { oidc: { issuer, clientId, audience, scopes, resource: audience } },
    services: {
      airflow: {
        type: 'airflow',
        url: upstream.url,
        localPort: await freePort(),
        identity: { keyFile: 'relay.pem' },
      },
      docs: {
        type: 'http',
        url: upstream.url,
        localPort: await freePort(),
        identity: { keyFile: 'relay.pem' },
      },
    },
    policy: {
      contact: 'Ask us.',
      grants: [{ group: 'data-eng', role: 'viewer' }],
      http: [{ group: 'data-eng', services: ['docs'], verbs: ['http.read'] }],
    },
  })
  home = await mkdtemp(join(tmpdir(), 'engine-'))
  engine = await Engine.start(home, memoryStore(null))
})
afterEach(async () => {
  await engine.stop()
  await relay.close()
  for (const server of others.splice(0)) server.close()
  await rm(home, { recursive: true })
})

const status = () => engine.status().environments[0] as EnvironmentStatus
const service = (name: string) => {
  const found = status().services.find((one) => one.name === name)
  if (!found) throw new Error(`no service ${name}`)
  return found
}
const get = () => fetch(`${service('airflow').localUrl}/api/v2/dags`, { redirect: 'manual' })
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
  const { name } = await engine.addEnvironment({ relayUrl: relay.url, ports })
  return { name, ports, free: () => free.pop()?.() }
}
const noPage: Show = () => expect.fail('nobody is to sign in for that')

test('a taken port keeps one service away; with the one that is offered it is there, now and after a restart', async () => {
  const { name, ports } = await withTaken('airflow')
  await engine.connect(name, asAna, way)
  expect(status()).toMatchObject({ state: 'connected', lastError: null })
  const { taken } = service('airflow')
  expect(taken?.owner).toContain(`(process ${process.pid})`)
  expect(service('airflow')).toMatchObject({ localPort: ports.airflow, localUrl: null })
  expect(service('docs')).toMatchObject({ localUrl: expect.any(String), taken: null })
  expect((await fetch(`${service('docs').localUrl}/`)).status).toBe(200)

  const suggestion = taken?.suggestion as number
  await engine.setPort(name, 'airflow', suggestion)
  expect(service('airflow')).toMatchObject({
    localPort: suggestion,
    localUrl: `http://localhost:${suggestion}`,
    taken: null,
  })
  expect((await get()).status).toBe(200)

  await engine.stop()
  engine = await Engine.start(home, memoryStore(null))
  expect(service('airflow')).toMatchObject({ localPort: suggestion, localUrl: expect.any(String) })
})

test('a port that becomes free is bound by itself, and the relay knows it', async () => {
  const { name, ports, free } = await withTaken('airflow')
  await engine.connect(name, asAna, way)
  free()
  await eventually('it is bound', async () => service('airflow').localUrl)
  await eventually('it is connected again', async () => status().state === 'connected')
  expect(service('airflow')).toMatchObject({ localPort: ports.airflow, taken: null })
  const headers = { origin: `http://localhost:${ports.airflow}`, 'sec-fetch-site': 'same-origin' }
  expect((await fetch(`${service('airflow').localUrl}/api/v2/dags`, { headers })).status).toBe(200)
})

test('the page of a program that has a taken port is a foreign one', async () => {
  const { name, ports } = await withTaken('airflow')
  await engine.connect(name, asAna, way)
  const headers = { origin: `http://localhost:${ports.airflow}`, 'sec-fetch-site': 'same-site' }
  expect((await fetch(`${service('docs').localUrl}/`, { headers })).status).toBe(403)
})

test('where no port is to be had it is said before anyone signs in; who is signed in is connected once one is free', async () => {
  const { name, free } = await withTaken('airflow', 'docs')
  await expect(engine.connect(name, noPage, way)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  await engine.signIn(name, asAna, way)
  await expect(engine.connect(name, noPage, way)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  expect(status()).toMatchObject({ state: 'disconnected', lastError: { code: 'PORT_TAKEN' } })
  free()
  await eventually('it is connected', async () => status().state === 'connected')
  expect(status().services.map(({ taken }) => taken !== null)).toEqual([true, false])
  free()
  await eventually('both are there', async () => service('airflow').localUrl)
})

test.each([
  ['who is not signed in', async () => {}],
  ['who has disconnected meanwhile', async (name: string) => void (await engine.disconnect(name))],
  ['who has signed out meanwhile', async (name: string) => void (await engine.signOut(name))],
])('a port that becomes free connects nobody %s, and opens no page', async (_who, meanwhile) => {
  const { name, free } = await withTaken('airflow', 'docs')
  await expect(engine.connect(name, noPage, way)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  await meanwhile(name)
  free()
  await eventually('it is bound', async () => service('docs').localUrl)
  await eventually('it is at rest', async () => status().state === 'disconnected')
  expect(status()).toMatchObject({ signingIn: false })
  expect(status().lastError?.code).not.toBe('PORT_TAKEN')
})

test('who disconnects at once is not sent to a sign-in page', async () => {
  const { name } = await engine.addEnvironment({ relayUrl: relay.url })
  const connected = engine.connect(name, () => expect.fail('there was a page'), way)
  await Promise.all([expect(connected).rejects.toMatchObject({ code: 'CLOSED' }), engine.disconnect(name)])
  expect(status()).toMatchObject({ state: 'disconnected', signingIn: false, lastError: null })
})

test('a port that is not to be had changes nothing', async () => {
  const { name } = await engine.addEnvironment({ relayUrl: relay.url })
  await engine.connect(name, asAna, way)
  await eventually('it was told what there is', async () => status().relayVersion)
  const before = status()
  const port = await takenPort()
  await expect(engine.setPort(name, 'airflow', port)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  await expect(engine.setPort(name, 'nope', await freePort())).rejects.toMatchObject({
    code: 'SERVICE_UNKNOWN',
  })
  await expect(engine.setPort(name, 'airflow', service('docs').localPort)).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    message: `Port ${service('docs').localPort} is used by docs of ${name}, in Jetway.`,
  })
  expect(status()).toEqual(before)
  expect((await get()).status).toBe(200)
})

test('while connected: what is open at other ports goes on, and the relay knows the new port', async () => {
  const { name } = await engine.addEnvironment({ relayUrl: relay.url })
  await engine.connect(name, asAna, way)
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
  const open = fetch(`${service('docs').localUrl}/slow`).then((response) => response.text())
  await asked
  upstream.answer = (_request, response) => response.end('{}')

  const before = service('airflow').localUrl
  const port = await freePort()
  await engine.setPort(name, 'airflow', port)
  await eventually('it is connected again', async () => status().state === 'connected')
  // Its Origin is held against the ports that the relay was told.
  const headers = { origin: `http://localhost:${port}`, 'sec-fetch-site': 'same-origin' }
  const answer = await fetch(`http://localhost:${port}/api/v2/dags`, { headers })
  expect(answer.status).toBe(200)
  await expect(fetch(`${before}/api/v2/dags`)).rejects.toThrow()
  goOn()
  expect(await open).toBe('begun, done')
})

test('while connecting: the relay knows the new port', async () => {
  const { name } = await engine.addEnvironment({ relayUrl: relay.url })
  await engine.signIn(name, asAna, way)
  let goOn = () => {}
  beforeToken = new Promise((resolve) => {
    goOn = resolve
  })
  refreshes = 0
  const connected = engine.connect(name, asAna, way)
  // Its ports are bound by then, and the relay is about to hear of them.
  await eventually('it wants a token', async () => refreshes > 0)
  const port = await freePort()
  await engine.setPort(name, 'airflow', port)
  goOn()
  beforeToken = null
  await connected
  const headers = { origin: `http://localhost:${port}`, 'sec-fetch-site': 'same-origin' }
  await eventually('the relay knows it', async () => {
    const answer = await fetch(`http://localhost:${port}/api/v2/dags`, { headers })
    return answer.status === 200
  })
  expect(status()).toMatchObject({ state: 'connected', lastError: null })
})

test('how it is marked is remembered', async () => {
  const { name } = await engine.addEnvironment({ relayUrl: relay.url })
  expect(status()).toMatchObject({ color: 'blue', production: false })
  expect(await engine.setAppearance(name, { color: 'pink', production: true })).toMatchObject({
    color: 'pink',
    production: true,
  })
  // The same relay again is the same environment.
  await engine.addEnvironment({ relayUrl: relay.url })
  await engine.stop()
  engine = await Engine.start(home, memoryStore(null))
  expect(status()).toMatchObject({ color: 'pink', production: true })
})
