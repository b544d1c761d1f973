import { appendFile, rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type DesktopApp, startDesktopApp } from '../support/desktop-app.ts'
import { eventually } from '../support/eventually.ts'
import { footprintOf, footprintTable, kindsOf, medianFootprint } from '../support/footprint.ts'
import { framesOf } from '../support/frames.ts'
import { outputPath } from '../support/output.ts'
import { connectFirst } from '../support/person-at-app.ts'
import { type SmallCompany, startSmallCompany } from '../support/small-company.ts'

/**
 * What the app takes of the machine while nobody uses it. The figures are printed, since they depend on the machine; what
 * holds on every machine is asserted. `JETWAY_FOOTPRINT_SECONDS` looks longer, `JETWAY_FOOTPRINT_ROUNDS` several times, of
 * which what lies in the middle is printed.
 */
const seconds = Number(process.env.JETWAY_FOOTPRINT_SECONDS ?? 3)
const rounds = Number(process.env.JETWAY_FOOTPRINT_ROUNDS ?? 1)
const timeout = 90_000 + rounds * seconds * 1000
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
  const looks = []
  for (let round = 0; round < rounds; round += 1) looks.push(await footprintOf(pid, seconds))
  const table = footprintTable(`${title}, ${rounds} × ${seconds} s`, medianFootprint(looks))
  console.info(table)
  await appendFile(figures, `${table}\n`)
}

const renderers = async () => (await kindsOf(pid)).filter((kind) => kind === 'renderer').length

test('with the window open', { timeout }, async () => {
  expect(await renderers()).toBe(1)
  await measure('window open, not connected')
})

test('connected', { timeout }, async () => {
  await connectFirst(desktop, company, 'ana')
  await measure('window open and used, connected, Overview')
})

test('Overview is drawn once a second, and nothing else in it moves', async () => {
  const { window } = desktop
  // Long enough for what the way to it has set in motion.
  await eventually('all is at rest', () => window.evaluate('document.getAnimations().length === 0'))
  expect(await framesOf(window, 4)).toBeLessThanOrEqual(6)
  expect(await window.evaluate('document.getAnimations().length')).toBe(0)
})

test('closing the window ends its process, and the tunnel stays', { timeout }, async () => {
  await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  await eventually('the renderer is gone', async () => (await renderers()) === 0)
  expect((await fetch(`http://localhost:${company.localPort}/api/v2/dags`)).status).toBe(200)
  await measure('window closed, connected')
  expect(await renderers()).toBe(0)
})
