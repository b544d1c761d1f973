import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { dialControl } from '#client/control/control-client.ts'
import { controlSocketPath } from '#client/home.ts'
import { freePort } from '../../demo/free-port.ts'
import { connectHeadless } from '../../demo/headless.ts'
import { Processes } from '../../demo/processes.ts'
import { type DemoProvider, startProvider } from '../../demo/provider/provider.ts'
import { type DemoRelay, runRelay, startRelay, writeKeys } from '../../demo/stack.ts'
import { eventually } from '../support/eventually.ts'
import { startTinyproxy, type Tinyproxy } from '../support/tinyproxy.ts'

/** A relay at an address that a proxy is used for, and tinyproxy before it. */
const company = inject('company')
const host = '127.0.0.2'
const [user, password] = ['ana', 'tops3cret']
let relayProcesses = new Processes()
let stateDir: string
let provider: DemoProvider
let relay: DemoRelay
let proxyPort: number
let proxy: Tinyproxy

const startProxy = () => startTinyproxy({ folder: stateDir, port: proxyPort, user, password })
const proxyUrl = (secret = password, port = proxyPort) => `http://${user}:${secret}@127.0.0.1:${port}`

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'jetway-proxy-'))
  provider = await startProvider({ port: 0, accessTokenSeconds: 300 })
  relay = await startRelay({
    stateDir,
    folder: await writeKeys(stateDir),
    airflowUrl: company.airflowUrl,
    issuer: provider.issuer,
    host,
    relayPort: 0,
    localPort: await freePort(),
    processes: relayProcesses,
  })
  proxyPort = await freePort()
  proxy = await startProxy()
})
afterAll(async () => {
  await proxy.stop()
  await relayProcesses.stopAll()
  await provider.close()
  await rm(stateDir, { recursive: true, force: true })
})

/** Whatever this machine has set itself is not asked. */
const clean = { NO_PROXY: '', no_proxy: '', NODE_EXTRA_CA_CERTS: '' }

/** `jetway connect` until it is connected. */
const connected = async (name: string, env: NodeJS.ProcessEnv) => {
  const processes = new Processes()
  const home = await mkdtemp(join(stateDir, name))
  const airflow = await connectHeadless({
    stack: relay,
    stateDir: home,
    user: 'ana',
    port: await freePort(),
    env: { ...clean, ...env },
    processes,
  })
  const status = async () => {
    const client = await dialControl(controlSocketPath(join(home, 'client')))
    const engine = await client.request('status', {})
    client.close()
    return engine
  }
  return { airflow, home, status, stop: () => processes.stopAll() }
}

/** `jetway connect` that fails. */
const failing = async (env: NodeJS.ProcessEnv, ...more: readonly string[]) => {
  const cli = join(import.meta.dirname, '../../cli/main.ts')
  const args = [
    cli,
    'connect',
    '--relay',
    relay.relayUrl,
    '--token-store',
    'memory',
    '--no-browser',
    '--json',
  ]
  const child = spawn(process.execPath, [...args, ...more], {
    env: { ...process.env, ...clean, JETWAY_HOME: await mkdtemp(join(stateDir, 'failing')), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const [exit] = await once(child, 'close')
  const last = lines.at(-1) as string
  expect(last).not.toContain(password)
  return { exit, code: JSON.parse(last).problem.code }
}

test('through a proxy with a password, which may go away, as may the relay behind it', async () => {
  const client = await connected('through', { HTTPS_PROXY: proxyUrl() })
  const established = `Established connection to host "${host}"`
  await eventually('discovery and carrier in the log', async () => proxy.log.split(established).length > 2)
  // Airflow does not know this relay’s keys, and says so: the request got there.
  expect((await fetch(`${client.airflow}/api/v2/dags`)).status).toBe(403)

  const lost = (code: string) => async () => {
    const [environment] = (await client.status()).environments
    return environment?.state === 'reconnecting' && environment.lastError?.code === code
  }
  await proxy.stop()
  await eventually('the proxy is missed', lost('PROXY_UNREACHABLE'))
  proxy = await startProxy()
  expect((await fetch(`${client.airflow}/api/v2/dags`)).status).toBe(403)
  expect(proxy.log).toContain(established)

  await relayProcesses.stopAll()
  await eventually('the relay is missed', lost('RELAY_UNREACHABLE'))
  relayProcesses = new Processes()
  await runRelay(relayProcesses, relay.relayConfig, relay.relayLog)
  expect((await fetch(`${client.airflow}/api/v2/dags`)).status).toBe(403)

  expect(JSON.stringify(await client.status())).not.toContain(password)
  expect(await readFile(join(client.home, 'client.log'), 'utf8')).not.toContain(password)
  await client.stop()
})

test('NO_PROXY goes past it', async () => {
  const env = { HTTPS_PROXY: proxyUrl(password, await freePort()), NO_PROXY: `other.example,${host}` }
  const client = await connected('past', env)
  expect((await fetch(`${client.airflow}/api/v2/dags`)).status).toBe(403)
  await client.stop()
})

test('a wrong password, and none, are told to be that', async () => {
  const wrong = { HTTPS_PROXY: proxyUrl('wrong') }
  expect(await failing(wrong, '--ca', relay.ca)).toEqual({ code: 'PROXY_AUTH_REQUIRED', exit: 6 })
  const none = { HTTPS_PROXY: `http://127.0.0.1:${proxyPort}` }
  expect(await failing(none, '--ca', relay.ca)).toEqual({ code: 'PROXY_AUTH_REQUIRED', exit: 6 })
})

test('no proxy there, and one of another kind', async () => {
  const gone = { HTTPS_PROXY: proxyUrl(password, await freePort()) }
  expect(await failing(gone, '--ca', relay.ca)).toEqual({ code: 'PROXY_UNREACHABLE', exit: 6 })
  const socks = { ALL_PROXY: `socks5://${user}:${password}@127.0.0.1:${proxyPort}` }
  expect(await failing(socks, '--ca', relay.ca)).toEqual({ code: 'CONFIG_INVALID', exit: 78 })
})

test('a relay whose authority nobody named is not trusted, through the proxy neither', async () => {
  expect(await failing({ HTTPS_PROXY: proxyUrl() })).toEqual({ code: 'RELAY_UNTRUSTED', exit: 6 })
})
