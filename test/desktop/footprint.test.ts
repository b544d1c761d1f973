import { appendFile, rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type DesktopApp, startDesktopApp } from '../support/desktop-app.ts'
import { eventually } from '../support/eventually.ts'
import { footprintOf, footprintTable, kindsOf } from '../support/footprint.ts'
import { outputPath } from '../support/output.ts'
import { connectedAs, pasteAddress, signInInBrowser } from '../support/person-at-app.ts'
import { type SmallCompany, startSmallCompany } from '../support/small-company.ts'

/**
 * What the app takes of the machine while nobody uses it. The figures are printed, since they depend on the machine; what
 * holds on every machine is asserted. `JETWAY_FOOTPRINT_SECONDS` looks longer.
 */
const seconds = Number(process.env.JETWAY_FOOTPRINT_SECONDS ?? 3)
const figures = outputPath('footprint.txt')
let company: SmallCompany
let desktop: DesktopApp
let pid: number

beforeAll(async () => {
  await rm(figures, { force: true })
  company = await startSmallCompany()
  desktop = await startDesktopApp({ electron: inject('electron') })
  pid = desktop.app.process().pid as number
})
afterAll(async () => {
  await desktop?.close()
  await company?.close()
})

async function measure(title: string): Promise<void> {
  const table = footprintTable(`${title}, for ${seconds} s`, await footprintOf(pid, seconds))
  console.info(table)
  await appendFile(figures, `${table}\n`)
}

const renderers = async () => (await kindsOf(pid)).filter((kind) => kind === 'renderer').length

test('with the window open', { timeout: 90_000 + seconds * 1000 }, async () => {
  expect(await renderers()).toBe(1)
  await measure('window open, not connected')
})

test('connected', { timeout: 90_000 + seconds * 1000 }, async () => {
  await pasteAddress(desktop.window, company.relay.url)
  await signInInBrowser(desktop, company.issuer, 'ana')
  await connectedAs(desktop.window, 'ana')
  await measure('window open, connected')
})

test('while another window is used', { timeout: 90_000 + seconds * 1000 }, async () => {
  // Playwright has every page believe that someone is there.
  await desktop.window.evaluate('document.hasFocus = () => false')
  await measure('window open, connected, another one used')
})

test('closing the window ends its process, and the tunnel stays', {
  timeout: 90_000 + seconds * 1000,
}, async () => {
  await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  await eventually('the renderer is gone', async () => (await renderers()) === 0)
  expect((await fetch(`http://localhost:${company.localPort}/api/v2/dags`)).status).toBe(200)
  await measure('window closed, connected')
  expect(await renderers()).toBe(0)
})
