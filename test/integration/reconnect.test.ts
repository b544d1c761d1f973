import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
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

/** A relay of its own, with tokens that live for seconds, so that renewal and restarts can be watched. */
const company = inject('company')
const accessTokenSeconds = 6
const clientProcesses = new Processes()
let relayProcesses = new Processes()
let stateDir: string
let provider: DemoProvider
let relay: DemoRelay
let airflow: string

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'jetway-reconnect-'))
  provider = await startProvider({ port: 0, accessTokenSeconds })
  relay = await startRelay({
    stateDir,
    folder: await writeKeys(stateDir),
    airflowUrl: company.airflowUrl,
    issuer: provider.issuer,
    relayPort: 0,
    localPort: await freePort(),
    processes: relayProcesses,
  })
  airflow = await connectHeadless({
    stack: relay,
    stateDir,
    user: 'ana',
    port: null,
    processes: clientProcesses,
  })
})
afterAll(async () => {
  await clientProcesses.stopAll()
  await relayProcesses.stopAll()
  await provider.close()
  await rm(stateDir, { recursive: true, force: true })
})

const status = async () => {
  const client = await dialControl(controlSocketPath(join(stateDir, 'client')))
  const { environments } = await client.request('status', {})
  client.close()
  return environments[0]
}

test('a session goes on past its first token, renewed silently', async () => {
  const before = await status()
  const renewedAfter = Date.now() + 2 * accessTokenSeconds * 1000
  await eventually('two lives of a token', async () => Date.now() > renewedAfter)
  // The same connection as at the beginning
  expect(await status()).toMatchObject({ state: 'connected', connectedSince: before?.connectedSince })
  // Airflow does not know this relay’s keys, and says so: the request got there.
  expect((await fetch(`${airflow}/api/v2/dags`)).status).toBe(403)
})

test('a relay that goes away and comes back: requests wait, and the port works again by itself', async () => {
  await relayProcesses.stopAll()
  await eventually('the loss is seen', async () => (await status())?.state === 'reconnecting')
  const waiting = fetch(`${airflow}/api/v2/dags`)
  relayProcesses = new Processes()
  await runRelay(relayProcesses, relay.relayConfig, relay.relayLog)
  expect((await waiting).status).toBe(403)
  expect(await status()).toMatchObject({ state: 'connected', lastError: null })
})

test('jetway status, open and disconnect see the engine of jetway connect', async () => {
  const jetway = async (...args: readonly string[]) => {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, '../../cli/main.ts'), ...args, '--json'],
      {
        env: { ...process.env, JETWAY_HOME: join(stateDir, 'client') },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const lines: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
    const [code] = await once(child, 'close')
    return { code, value: JSON.parse(lines.at(-1) as string) }
  }
  expect(await jetway('status')).toMatchObject({
    code: 0,
    value: { running: true, environments: [{ state: 'connected', person: { email: 'ana@example.com' } }] },
  })
  expect(await jetway('open', '--no-browser')).toMatchObject({ code: 0, value: { url: airflow } })
  expect(await jetway('disconnect')).toMatchObject({ code: 0, value: { event: 'disconnected' } })
  expect((await fetch(airflow).catch((error) => error)).status ?? 'gone').toBeOneOf([503, 'gone'])
})
