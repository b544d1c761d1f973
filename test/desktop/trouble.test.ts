import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest'
import { people } from '../../demo/provider/people.ts'
import { type DesktopApp, startDesktopApp } from '../support/desktop-app.ts'
import { eventually } from '../support/eventually.ts'
import { runJetway } from '../support/jetway-command.ts'
import { connectedAs, pasteAddress, signInInBrowser } from '../support/person-at-app.ts'
import { type SmallCompany, startSmallCompany } from '../support/small-company.ts'

/** What can be in the way of the first connection: the window says what happened, and goes on from there. */
let desktop: DesktopApp
let company: SmallCompany

beforeAll(async () => {
  desktop = await startDesktopApp({ electron: inject('electron') })
})
afterAll(() => desktop?.close())
afterEach(async () => {
  vi.restoreAllMocks()
  await desktop.control.request('removeEnvironment', { environment: await name() })
  await company.close()
})

const name = async () => {
  const { environments } = await desktop.control.request('status', {})
  return environments[0]?.name as string
}
const paste = () => pasteAddress(desktop.window, company.relay.url)
const signIn = (person: string, then?: string) => signInInBrowser(desktop, company.issuer, person, then)
const says = (text: string) => desktop.window.getByText(text).first().waitFor()
const press = (button: string) => desktop.window.getByRole('button', { name: button }).click()
const open = (tab: string) => desktop.window.getByRole('tab', { name: tab }).click()
const trayLine = (line: string) =>
  desktop.tray.menu((items) => items.some(({ label }) => label.includes(line)))
const answer = async (port: number) => (await fetch(`http://localhost:${port}/api/v2/dags`)).status

test('a provider that is down is named, and once it is up the same button connects', async () => {
  company = await startSmallCompany()
  await company.stopProvider()
  await paste()
  await says('The sign-in service cannot be reached')
  await says('Check the network, then try again.')
  await trayLine('The sign-in service cannot be reached')
  await company.startProvider()
  await press('Try again')
  await signIn('ana')
  await connectedAs(desktop.window, 'ana')
  expect(await answer(company.localPort)).toBe(200)
})

test('a taken port says who has it, and the next is one press away', async () => {
  company = await startSmallCompany()
  const squatter = createServer().listen(company.localPort, '127.0.0.1')
  await once(squatter, 'listening')
  try {
    await paste()
    await desktop.window.getByText(`(process ${process.pid})`).first().waitFor()
    await trayLine('The local port is taken')
    const status = await runJetway(['status'], { home: desktop.home })
    expect([status.code, status.stdout.split('\n')[0]]).toEqual([
      3,
      `${await name()} · The local port is taken`,
    ])
    const next = desktop.window.getByRole('button', { name: /^Use \d+$/ })
    const port = Number((await next.textContent())?.replace('Use ', ''))
    await next.click()
    await signIn('ana')
    await connectedAs(desktop.window, 'ana')
    expect(await answer(port)).toBe(200)
  } finally {
    squatter.close()
  }
})

test('a clock that is ten minutes off is said by how much, and once it is right one connects', async () => {
  // Not all of the ten, after which the provider’s page would be gone before anyone signed in.
  let behindMs = 577_000
  const { now } = Date
  vi.spyOn(Date, 'now').mockImplementation(() => now() - behindMs)
  company = await startSmallCompany({
    around: async (context, next) => {
      await next()
      context.set('date', new Date(Date.now()).toUTCString())
    },
  })
  await paste()
  await signIn('ana', 'Go back to Jetway; it says why.')
  await says('Two clocks do not agree')
  await says('This machine’s clock is 10 minutes ahead of the provider’s')
  await says('Set the clock by the network’s time')
  behindMs = 0
  // The provider knows the person by now.
  await press('Try again')
  await connectedAs(desktop.window, 'ana')
})

test('someone in no group reads whom to ask, and has access as soon as it is given', async () => {
  const mallory = people.mallory as { groups: readonly string[] }
  company = await startSmallCompany({ accessTokenSeconds: 8 })
  try {
    await paste()
    await signIn('mallory')
    await connectedAs(desktop.window, 'mallory')
    await open('Access')
    await says('You may do nothing here yet')
    await desktop.window.getByText('#data-platform').waitFor()
    expect(await answer(company.localPort)).toBe(403)
    mallory.groups = ['data-eng']
    // A token that says so comes by itself, a few seconds later.
    await eventually('her request is allowed', async () => (await answer(company.localPort)) === 200)
    await press('Ask again what I may do')
    await desktop.window.getByRole('region', { name: 'May I?' }).waitFor()
  } finally {
    mallory.groups = []
    await open('Overview')
  }
})
