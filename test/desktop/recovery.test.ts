import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { makeCertificate } from '../../demo/certificate.ts'
import { freePort } from '../../demo/free-port.ts'
import { Processes } from '../../demo/processes.ts'
import { type DemoProvider, startProvider } from '../../demo/provider/provider.ts'
import { type DemoRelay, runRelay, startRelay, writeKeys } from '../../demo/stack.ts'
import { type DesktopApp, engineOf, startDesktopApp } from '../support/desktop-app.ts'
import { eventually } from '../support/eventually.ts'
import { connectedAs, connectFirst } from '../support/person-at-app.ts'
import { startKnownUpstream } from '../support/small-company.ts'
import type { ToldUpstream } from '../support/told-upstream.ts'

/** What ends from one moment to the next, and comes back: the app goes on by itself, and the person reads why. */
const processes = new Processes()
let folder: string
let keys: string
let provider: DemoProvider
let upstream: ToldUpstream
let relay: DemoRelay
let relayProcess: ChildProcess
let desktop: DesktopApp
let local: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jetway-recovery-'))
  provider = await startProvider({ port: 0, accessTokenSeconds: 300 })
  upstream = await startKnownUpstream()
  keys = await writeKeys(folder)
  const first = new Processes()
  relay = await startRelay({
    stateDir: folder,
    folder: keys,
    airflowUrl: upstream.url,
    issuer: provider.issuer,
    relayPort: 0,
    localPort: await freePort(),
    processes: first,
  })
  await first.stopAll()
  await startAgain()
  desktop = await startDesktopApp({
    electron: inject('electron'),
    env: { NODE_EXTRA_CA_CERTS: relay.ca },
  })
  await connectFirst(desktop, { relayUrl: relay.relayUrl, issuer: provider.issuer }, 'ana')
  local = (await status()).services[0]?.localUrl as string
})
afterAll(async () => {
  await desktop?.close()
  await processes.stopAll()
  upstream?.close()
  await provider?.close()
  await rm(folder, { recursive: true, force: true })
})

async function startAgain(): Promise<void> {
  relayProcess = await runRelay(processes, relay.relayConfig, relay.relayLog)
}

async function kill(child: ChildProcess): Promise<void> {
  processes.release(child)
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function status() {
  const engine = await engineOf(desktop.home)
  const { pid, environments } = await engine.request('status', {})
  engine.close()
  const [environment] = environments
  if (environment === undefined) throw new Error('no environment')
  return { pid, ...environment }
}

const works = () => eventually('the tunnel works', async () => (await ask()) === 200)
/** Over a connection of its own: one that is kept from before may have ended meanwhile. */
const ask = () =>
  new Promise<number | undefined>((resolve) => {
    get(`${local}/api/v2/dags`, { agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).once('error', () => resolve(undefined))
  })

test('kill -9 of the engine: the window says that it starts again, and the tunnel is back without a sign-in', async () => {
  const { window, tray } = desktop
  const { pid } = await status()
  const said = window.getByText('Jetway’s engine is starting again').waitFor()
  process.kill(pid, 'SIGKILL')
  await said
  await connectedAs(window, 'ana')
  await works()
  expect((await status()).pid).not.toBe(pid)
  await tray.menuWith('Disconnect')
})

test('kill -9 of the relay: a request waits until it is back, and is answered', async () => {
  const { window, tray } = desktop
  await kill(relayProcess)
  await window.getByText('Reconnecting').first().waitFor()
  await tray.menu((items) => items.some(({ label }) => label === 'demo · reconnecting…'))
  const waiting = ask()
  await startAgain()
  expect(await waiting).toBe(200)
  await connectedAs(window, 'ana')
  expect((await status()).lastError).toBeNull()
})

test('another certificate is refused in clear words, and the right one is taken again', async () => {
  const { window, tray } = desktop
  const files = ['tls.crt', 'tls.key'] as const
  const kept = join(folder, 'kept')
  for (const file of files) await cp(join(keys, file), join(kept, file))
  const other = await mkdtemp(join(folder, 'other-'))
  await makeCertificate(other)
  for (const file of files) await cp(join(other, file), join(keys, file))
  await kill(relayProcess)
  await startAgain()
  await window.getByText('The relay’s certificate is not trusted').first().waitFor()
  await window
    .getByText(`${new URL(relay.relayUrl).host} shows a certificate`)
    .first()
    .waitFor()
  await tray.menu((items) =>
    items.some(({ label }) => label === 'demo · The relay’s certificate is not trusted'),
  )
  expect(await ask()).toBe(503)

  for (const file of files) await cp(join(kept, file), join(keys, file))
  await kill(relayProcess)
  await startAgain()
  await window.getByRole('button', { name: 'Try again' }).click()
  await connectedAs(window, 'ana')
  await works()
})

test('kill -9 of the window’s process: it is there again, and the tunnel never stopped', async () => {
  const { app } = desktop
  const { connectedSince } = await status()
  const pidOf = () =>
    app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId())
  const pid = (await pidOf()) as number
  process.kill(pid, 'SIGKILL')
  expect(await ask()).toBe(200)
  await eventually('another process', async () => ![pid, 0, undefined].includes(await pidOf()))
  // Of the page that died Playwright lets nobody see more.
  const text = () =>
    app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript('document.body.innerText'),
    )
  await eventually('the window shows the same', async () =>
    String(await text().catch(() => '')).includes('ana@example.com'),
  )
  expect(await status()).toMatchObject({ state: 'connected', connectedSince })
})

test('who quits as the engine ends is not kept waiting for another', async () => {
  const { pid } = await status()
  const exited = once(desktop.app.process(), 'exit')
  process.kill(pid, 'SIGKILL')
  await desktop.control.closed
  await desktop.app.close()
  expect(await exited).toEqual([0, null])
})
