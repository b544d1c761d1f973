import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { run } from '../../build/setup/run.ts'
import { type DesktopApp, startDesktopApp } from '../support/desktop-app.ts'
import { eventually } from '../support/eventually.ts'
import { type FarCompany, startFarCompany } from '../support/far-company.ts'
import { knownDigest } from '../support/known-bytes.ts'
import { connectedAs } from '../support/person-at-app.ts'

/** The app with an engine in another network than the relay, and the link between the two is pulled. */
const bytes = 100_000_000
const pulledMs = 30_000
let company: FarCompany
let desktop: DesktopApp

beforeAll(async () => {
  company = await startFarCompany({ rttMs: 20, mbit: 100, accessTokenSeconds: 300 })
  desktop = await startDesktopApp({ electron: inject('electron'), home: join(company.folder, 'client') })
  await connectedAs(desktop.window, 'ana')
})
afterAll(async () => {
  await desktop?.close()
  await company?.close()
})

test('a cable that is pulled for 30 s during a download: it ends complete, and nobody is asked anything', async () => {
  const { window, app } = desktop
  const { wan, folder, port } = company
  const file = join(folder, 'down')
  const url = `http://127.0.0.1:${port}/api/v2/dags/d/dagRuns/r/taskInstances/t/logs/${bytes}`
  const download = company.curl('-o', file, url)
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
