import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { run } from '../../build/setup/run.ts'
import { freePort } from '../../demo/free-port.ts'
import { connectHeadless } from '../../demo/headless.ts'
import { Processes } from '../../demo/processes.ts'
import { type DemoProvider, startProvider } from '../../demo/provider/provider.ts'
import { startRelay, writeKeys } from '../../demo/stack.ts'
import { type DesktopApp, startDesktopApp } from '../support/desktop-app.ts'
import { eventually } from '../support/eventually.ts'
import { knownDigest } from '../support/known-bytes.ts'
import { connectedAs } from '../support/person-at-app.ts'
import { startWan, type Wan } from '../support/wan/wan.ts'

/** The app with an engine in another network than the relay, and the link between the two is pulled. */
const bytes = 100_000_000
const pulledMs = 30_000
const here = import.meta.dirname
let stateDir: string
let wan: Wan
let provider: DemoProvider
let near: Processes
let far: Processes
let desktop: DesktopApp
let port: number

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'jetway-cable-'))
  wan = await startWan()
  await wan.set({ rttMs: 20, mbit: 100 })
  near = new Processes((command, args) => wan.inNamespace('near', command, args))
  far = new Processes((command, args) => wan.inNamespace('far', command, args))
  provider = await startProvider({ port: 0, accessTokenSeconds: 300 })
  await wan.publish(Number(new URL(provider.issuer).port))
  const upstreamPort = await new Promise<string>((onLine, reject) => {
    far.failure.catch(reject)
    const script = join(here, '../support/hashing-upstream.ts')
    far.start('upstream', process.execPath, [script], { logFile: join(stateDir, 'upstream.log'), onLine })
  })
  port = await freePort()
  const stack = await startRelay({
    stateDir,
    folder: await writeKeys(stateDir),
    host: wan.addresses.far,
    airflowUrl: `http://127.0.0.1:${upstreamPort}`,
    issuer: provider.issuer,
    relayPort: 0,
    localPort: port,
    processes: far,
  })
  const browser = join(here, '../bench/sign-in.ts')
  await connectHeadless({
    stack,
    stateDir,
    user: 'ana',
    port: null,
    processes: near,
    signIn: (url, user) => run(...wan.inNamespace('near', process.execPath, [browser, url, user])),
  })
  desktop = await startDesktopApp({ electron: inject('electron'), home: join(stateDir, 'client') })
  await connectedAs(desktop.window, 'ana')
})
afterAll(async () => {
  await desktop?.close()
  await near?.stopAll()
  await far?.stopAll()
  await wan?.stop()
  await provider?.close()
  await rm(stateDir, { recursive: true, force: true })
})

test('a cable that is pulled for 30 s during a download: it ends complete, and nobody is asked anything', async () => {
  const { window, app } = desktop
  const file = join(stateDir, 'down')
  const url = `http://127.0.0.1:${port}/api/v2/dags/d/dagRuns/r/taskInstances/t/logs/${bytes}`
  const download = run(
    ...wan.inNamespace('near', 'curl', ['-sS', '--fail', '--max-time', '80', '-o', file, url]),
  )
  const size = () =>
    stat(file).then(
      (stats) => stats.size,
      () => 0,
    )
  await eventually('the download is on its way', async () => (await size()) > bytes / 10)
  await wan.down()
  expect(await size()).toBeLessThan(bytes)
  await Promise.all([sleep(pulledMs), window.getByText('Reconnecting').first().waitFor()])
  await wan.up()
  await download
  expect((await run('sha256sum', [file])).split(' ')[0]).toBe(knownDigest(bytes))
  await connectedAs(window, 'ana')
  expect(await window.getByRole('dialog').or(window.getByRole('alertdialog')).count()).toBe(0)
  expect(app.windows()).toHaveLength(1)
})
