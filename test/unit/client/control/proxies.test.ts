import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { memoryStore } from '#client/auth/token-store.ts'
import { type ControlClient, dialControl } from '#client/control/control-client.ts'
import { type ControlServer, serveControl } from '#client/control/control-server.ts'
import { Engine } from '#client/engine/engine.ts'
import { controlSocketPath } from '#client/home.ts'
import type { ControlNotifications } from '#shared/ipc/control.ts'
import { type CertificateFiles, makeCertificate } from '../../../../demo/certificate.ts'
import { freePort } from '../../../../demo/free-port.ts'
import { type ConnectProxy, startConnectProxy } from '../../../support/connect-proxy.ts'
import { eventually } from '../../../support/eventually.ts'
import { startToldRelay, type ToldRelay } from '../../../support/told-relay.ts'

/** The engine asks whoever knows the system's settings which way to go. */
const host = 'relay.example'
let folder: string
let files: CertificateFiles
let relay: ToldRelay
let proxy: ConnectProxy
let home: string
let engine: Engine
let control: ControlServer
const clients: ControlClient[] = []

beforeAll(async () => {
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy', 'NO_PROXY', 'no_proxy'])
    vi.stubEnv(name, undefined)
  folder = await mkdtemp(join(tmpdir(), 'proxies-'))
  files = await makeCertificate(folder, [host])
  relay = await startToldRelay(host, 'https://provider.example', files)
})
afterAll(async () => {
  relay?.close()
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  proxy = await startConnectProxy(relay.port)
  home = await mkdtemp(join(folder, 'home-'))
  engine = await Engine.start(home, memoryStore(null))
  control = await serveControl({ engine, path: controlSocketPath(home), shutdown: () => {} })
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await control.close()
  await engine.stop()
  await proxy.close()
})

type Answer = (question: ControlNotifications['proxyWanted'], client: ControlClient) => void
/** @param answer null for a caller who does not offer to */
async function connect(answer: Answer | null): Promise<ControlClient> {
  const client = await dialControl(controlSocketPath(home), {
    proxyWanted: (question) => answer?.(question, client),
  })
  clients.push(client)
  if (answer) await client.request('resolveProxies', {})
  return client
}
const relayUrl = () => `https://${host}:${relay.port}`
const add = (client: ControlClient) =>
  client.request('addEnvironment', { relayUrl: relayUrl(), ca: files.ca })
const answering =
  (proxies: readonly string[] | null, asked: string[] = []): Answer =>
  ({ id, url }, client) => {
    asked.push(url)
    void client.request('answerProxy', { id, proxies: proxies && [...proxies] })
  }

test('the way is as it is answered; the doctor says who said so', async () => {
  const asked: string[] = []
  const client = await connect(answering([`http://127.0.0.1:${proxy.port}`], asked))
  const { name } = await add(client)
  expect(new Set(asked)).toEqual(new Set([relayUrl()]))
  expect(proxy.requests[0]).toMatch(new RegExp(`^CONNECT ${host}:${relay.port} `))
  const findings = await client.request('diagnose', { environment: name })
  expect(findings.find(({ check }) => check === 'proxy')).toMatchObject({
    state: 'ok',
    detail: 'The settings of this machine name it.',
  })
})

test('a proxy that is not there is passed over for the next', async () => {
  const client = await connect(
    answering([`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${proxy.port}`]),
  )
  expect((await add(client)).name).toBe('prod')
  expect(proxy.requests.length).toBeGreaterThan(0)
})

test('one that refuses is not gone past', async () => {
  proxy.answer = () => 'HTTP/1.1 403 Forbidden\r\n\r\n'
  const client = await connect(answering([`http://127.0.0.1:${proxy.port}`, 'direct']))
  await expect(add(client)).rejects.toMatchObject({ code: 'PROXY_REFUSED' })
})

test.each([
  ['socks5://127.0.0.1:1080', 'has to name an http:// or https:// proxy'],
  ['http://ana:hunter/2@127.0.0.1', 'is no address of a proxy'],
])('an answer that is no proxy, %s, is an error, and no way past it', async (answer, reason) => {
  const client = await connect(answering([answer]))
  const failure = await add(client).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(reason) })
  expect((failure as Error).message).not.toContain('hunter')
})

test('the password for it is in the variable', async () => {
  vi.stubEnv('HTTPS_PROXY', `http://ana:s%40cret@127.0.0.1:${proxy.port}`)
  const client = await connect(answering([`http://127.0.0.1:${proxy.port}`]))
  await add(client)
  expect(proxy.requests[0]).toContain(`Basic ${Buffer.from('ana:s@cret').toString('base64')}`)
  vi.stubEnv('HTTPS_PROXY', undefined)
})

test('the last who offers is asked; when it is gone, or says nothing, the variables count', async () => {
  const [first, second]: [string[], string[]] = [[], []]
  const gone = await freePort()
  await connect(answering([`http://127.0.0.1:${gone}`], first))
  const client = await connect(answering([`http://127.0.0.1:${proxy.port}`], second))
  await add(client)
  expect([first, second.length > 0]).toEqual([[], true])

  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${proxy.port}`)
  client.close()
  await client.closed
  const other = await connect(null)
  second.length = 0
  proxy.requests.length = 0
  await eventually('its going was noticed', () => add(other))
  expect(proxy.requests.length).toBeGreaterThan(0)
  expect(second).toEqual([])
  await connect(answering(null, first))
  await add(other)
  expect(first.length).toBeGreaterThan(0)
  vi.stubEnv('HTTPS_PROXY', undefined)
})

test('one that goes while it is asked holds nobody up', async () => {
  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${proxy.port}`)
  await connect((_question, client) => client.close())
  const other = await connect(null)
  expect((await add(other)).name).toBe('prod')
  vi.stubEnv('HTTPS_PROXY', undefined)
})

test('one that never answers is not waited for long', async () => {
  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${proxy.port}`)
  const client = await connect(() => {})
  expect((await add(client)).name).toBe('prod')
  expect(proxy.requests).toHaveLength(1)
  vi.stubEnv('HTTPS_PROXY', undefined)
})

test('an answer to a question of another caller is none', async () => {
  const stranger = await connect(null)
  const client = await connect(({ id }, mine) => {
    // Its own is on the way before that of the one who was asked.
    void stranger
      .request('answerProxy', { id, proxies: ['http://127.0.0.1:1'] })
      .then(() => mine.request('answerProxy', { id, proxies: [`http://127.0.0.1:${proxy.port}`] }))
  })
  expect((await add(client)).name).toBe('prod')
})
