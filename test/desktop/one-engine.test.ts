import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import type { EngineStatus } from '#shared/ipc/control.ts'
import { signInOverHttp } from '../../demo/sign-in-over-http.ts'
import { type DesktopApp, engineOf, startDesktopApp } from '../support/desktop-app.ts'
import { connectedAs, connectFirst } from '../support/person-at-app.ts'
import { type SmallCompany, startSmallCompany } from '../support/small-company.ts'

/** The app and `jetway` on the command line have one engine, whoever started it. */
const cli = join(import.meta.dirname, '../../cli/main.ts')
let company: SmallCompany
let home: string
let desktop: DesktopApp | null
beforeEach(async () => {
  company = await startSmallCompany()
  home = await mkdtemp(join(tmpdir(), 'jetway-one-'))
  desktop = null
})
afterEach(async () => {
  await desktop?.close()
  await company.close()
  await rm(home, { recursive: true, force: true })
})

const env = () => ({ ...process.env, JETWAY_HOME: home })
const jetway = (...args: string[]) =>
  new Promise<{ code: number; stdout: string }>((resolve) => {
    execFile(process.execPath, [cli, ...args], { env: env() }, (error, stdout) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout }),
    )
  })
const status = async () => {
  const { code, stdout } = await jetway('status', '--json')
  return { code, ...(JSON.parse(stdout) as EngineStatus & { running: boolean }) }
}

test('what the app does, `jetway status` shows; what `jetway disconnect` does, the window shows', async () => {
  desktop = await startDesktopApp({ electron: inject('electron'), home })
  const { window, control } = desktop
  await connectFirst(desktop, company, 'ana')
  const { pid } = await control.request('status', {})
  const { code, environments, ...engine } = await status()
  expect({ code, ...engine }).toMatchObject({ code: 0, running: true, pid })
  const [environment] = environments
  expect(environment).toMatchObject({ state: 'connected', person: { email: 'ana@example.com' } })
  expect((await jetway('disconnect')).code).toBe(0)
  await window.getByRole('button', { name: 'Connect', exact: true }).waitFor()
})

test('the app joins the engine of `jetway connect`, and leaves it running when it quits', async () => {
  const args = ['connect', '--relay', company.relay.url, '--no-browser', '--token-store', 'memory', '--json']
  const child = spawn(process.execPath, [cli, ...args], { env: env(), stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    await connected(child)
    const before = await status()
    desktop = await startDesktopApp({ electron: inject('electron'), home })
    await connectedAs(desktop.window, 'ana')
    expect((await status()).pid).toBe(before.pid)
    await desktop.close()
    desktop = null
    const engine = await engineOf(home)
    expect(await engine.request('status', {})).toMatchObject({
      pid: before.pid,
      environments: [{ state: 'connected' }],
    })
    engine.close()
  } finally {
    const exited = once(child, 'exit')
    child.kill()
    await exited
  }
})

/** Signs in as its events ask for, until it says that it is connected. */
async function connected(child: ChildProcess): Promise<void> {
  for await (const line of createInterface({ input: child.stdout as Readable })) {
    const { event, url } = JSON.parse(line) as { event: string; url: string }
    if (event === 'browse') void signInOverHttp(url, 'ana')
    if (event === 'connected') return
  }
  throw new Error('it ended before it was connected')
}
