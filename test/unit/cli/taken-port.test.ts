import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { freePort } from '../../../demo/free-port.ts'
import { runJetway, startJetway } from '../../support/jetway-command.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { relayCommand } from '../../support/relay-command.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

/** What the command line says of a port that another program has. */
let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let folder: string
let key: string

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  folder = await mkdtemp(join(tmpdir(), 'taken-'))
  const { url } = upstream
  relay = await startOwnRelay(provider.issuer, {
    identity: { accessKeys: { groups: ['read'] } },
    services: {
      airflow: { type: 'airflow', url, identity: { keyFile: 'relay.pem' } },
      docs: { type: 'http', url, localPort: await freePort(), identity: { keyFile: 'relay.pem' } },
    },
    policy: {
      contact: 'Ask us.',
      grants: [{ group: 'read', role: 'viewer' }],
      http: [{ group: 'read', services: ['docs'], verbs: ['http.read'] }],
    },
  })
  const made = await relayCommand(
    '/',
    ...['keys', 'create', '--name', 'job', '--group', 'read', '--days', '1', '--config', relay.configFile],
  )
  key = join(folder, 'key')
  await writeFile(key, made.stdout, { mode: 0o600 })
})
afterAll(async () => {
  await relay?.close()
  upstream?.close()
  await provider?.close()
  await rm(folder, { recursive: true, force: true })
})

const newHome = () => mkdtemp(join(folder, 'home-'))
const at = (airflow: number, docs: number) => [
  ...['--relay', relay.url, '--access-key-file', key],
  ...['--port', `airflow=${airflow}`, `docs=${docs}`],
]
async function squat(): Promise<{ port: number; server: Server }> {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return { port: (server.address() as { port: number }).port, server }
}

test('the others are connected; status and open say who has it; once it is free it is there', async () => {
  const home = await newHome()
  const [taken, docs] = [await squat(), await freePort()]
  const connect = startJetway(['connect', ...at(taken.port, docs)], { home })
  const { environment } = (await connect.next('connected')) as { environment: EnvironmentStatus }
  expect(environment.services).toMatchObject([
    {
      name: 'airflow',
      localUrl: null,
      taken: { owner: expect.stringContaining(`(process ${process.pid})`) },
    },
    { name: 'docs', localUrl: `http://localhost:${docs}`, taken: null },
  ])

  const suggestion = environment.services[0]?.taken?.suggestion
  const status = await runJetway(['status'], { home })
  expect(status.code).toBe(0)
  expect(status.stdout).toContain(`· port ${taken.port} is taken`)
  expect(status.stdout).toContain(`jetway connect --env ${environment.name} --port airflow=${suggestion}`)
  const open = await runJetway(['open', '--no-browser'], { home })
  expect([open.code, open.stderr]).toEqual([7, expect.stringContaining(`Port ${taken.port} is used by`)])
  expect((await runJetway(['open', 'docs', '--no-browser'], { home })).code).toBe(0)

  taken.server.close()
  expect(await connect.next('connected')).toMatchObject({
    environment: { services: [{ localUrl: `http://localhost:${taken.port}`, taken: null }, {}] },
  })
  expect((await runJetway(['open', '--no-browser'], { home })).code).toBe(0)
  connect.child.kill('SIGINT')
  expect(await connect.exit()).toBe(0)
})

test('a program is run with the others, is told of none that is not there, and the person reads why', async () => {
  const { port } = await squat()
  const script = 'console.log(JSON.stringify([process.env.JETWAY_AIRFLOW_URL, process.env.JETWAY_DOCS_URL]))'
  const docs = await freePort()
  const { code, stdout, stderr } = await runJetway(
    ['run', ...at(port, docs), '--', process.execPath, '-e', script],
    { home: await newHome(), env: { JETWAY_AIRFLOW_URL: 'http://elsewhere.example' } },
  )
  expect([code, JSON.parse(stdout)]).toEqual([0, [null, `http://localhost:${docs}`]])
  expect(stderr).toContain(`Airflow has no local address: port ${port} is used by`)
})

test('where none is to be had, nothing is connected: exit code 7', async () => {
  const [airflow, docs] = [await squat(), await squat()]
  const run = await runJetway(['connect', ...at(airflow.port, docs.port)], { home: await newHome() })
  expect([run.code, run.stderr]).toEqual([7, expect.stringContaining(`Port ${airflow.port} is used by`)])
})
