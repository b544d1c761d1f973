import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { version } from '#shared/version.ts'
import { freePort } from '../../demo/free-port.ts'
import { type DesktopApp, startDesktopApp } from '../support/desktop-app.ts'
import { eventually } from '../support/eventually.ts'
import { runJetway } from '../support/jetway-command.ts'
import { outputPath } from '../support/output.ts'
import { connectFirst } from '../support/person-at-app.ts'
import { type SmallCompany, startSmallCompany } from '../support/small-company.ts'

/** Another program has the port of one service of two: window, tray and `jetway status` say the same of it, and the other is there. */
let desktop: DesktopApp
let company: SmallCompany
let squatter: Server
let name: string

beforeAll(async () => {
  desktop = await startDesktopApp({ electron: inject('electron') })
})
afterAll(() => desktop?.close())
beforeEach(async () => {
  company = await startSmallCompany({ docsPort: await freePort() })
  squatter = createServer().listen(company.localPort, '127.0.0.1')
  await once(squatter, 'listening')
  await connectFirst(desktop, company, 'ana')
  const { environments } = await desktop.control.request('status', {})
  name = environments[0]?.name as string
})
afterEach(async () => {
  await desktop.control.request('removeEnvironment', { environment: name })
  squatter.close()
  await company.close()
})

const owner = `(process ${process.pid})`
const answer = async (port: number) => (await fetch(`http://localhost:${port}/`)).status
const status = async () => {
  const { code, stdout } = await runJetway(['status'], { home: desktop.home })
  return { code, lines: stdout.trimEnd().split('\n') }
}
/** That all who say in a line how it stands say this. */
async function allSay(line: string): Promise<void> {
  await desktop.window.getByText(line, { exact: true }).waitFor({ state: 'attached' })
  expect(await desktop.tray.tooltip((text) => text === line)).toBe(line)
  await desktop.tray.menuWith(line)
  expect((await status()).lines[0]).toBe(line)
}

test('it says who has it, and comes by itself once the port is free', async () => {
  const { window, tray } = desktop
  const { localPort } = company
  await allSay(`${name} · connected as ana@example.com · port ${localPort} is taken`)
  await window.getByText(owner).waitFor()
  await window.screenshot({ path: outputPath('taken-port.png') })
  await tray.menu((items) => items.some(({ label }) => label.includes(`port ${localPort} is used by`)))
  const before = await status()
  expect([before.code, before.lines[1]]).toEqual([0, expect.stringContaining(owner)])
  await window.getByText(`Jetway ${version} · relay ${version}`).waitFor()
  expect(before.lines[3]).toBe(`  Relay: Jetway ${version}`)
  const docs = before.lines[2]?.replace('  docs: http://localhost:', '')
  expect(await answer(Number(docs))).toBe(200)

  squatter.closeAllConnections()
  squatter.close()
  await window.getByText(`localhost:${localPort}`).first().waitFor()
  await allSay(`${name} · connected as ana@example.com`)
  await tray.menuWith('Open Airflow')
  expect((await status()).lines[1]).toMatch(`  Airflow: http://localhost:${localPort}`)
  expect(await answer(localPort)).toBe(200)
  expect(await window.getByText(owner).count()).toBe(0)
})

test('the next free port is one click away in the tray', async () => {
  const { tray } = desktop
  const isOffer = ({ label }: { label: string }) => /^Use port \d+ for Airflow$/.test(label)
  const offer = (await tray.menu((items) => items.some(isOffer))).find(isOffer)
  await tray.click(offer?.label as string)
  await allSay(`${name} · connected as ana@example.com`)
  const port = Number(offer?.label.replace(/\D+/g, ''))
  await eventually('it is there', async () => (await answer(port)) === 200)
})
