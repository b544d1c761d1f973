import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import { accessRequest, noRequests } from '../support/access-requests.ts'
import { answers, environmentStatus } from '../support/control-double.ts'
import { eventually } from '../support/eventually.ts'
import { NativeDesktop } from '../support/native-desktop.ts'

/** The real tray menu, read and clicked as a panel does. */
let desktop: NativeDesktop
beforeAll(async () => {
  desktop = await NativeDesktop.start({ electron: inject('electron'), args: ['--hidden'] })
  desktop.engine.answer = answers
})
afterAll(() => desktop?.close())

const connected = environmentStatus({
  name: 'prod',
  state: 'connected',
  connectedSince: '2026-01-01T00:00:00.000Z',
  signedIn: true,
})
const entry = (dag: string): ActivityEntry => ({
  id: `r-${dag}`,
  time: '2026-01-01T00:00:00.000Z',
  service: 'airflow',
  verb: 'dag.read',
  dag,
  run: null,
  task: null,
  method: 'GET',
  path: `/api/v2/dags/${dag}`,
  status: 200,
  effect: 'allow',
  problem: null,
  agent: null,
  durationMs: 3,
})
/** URLs that were to be opened in the browser, and texts that were copied. */
const opened = () => desktop.app.evaluate(() => (globalThis as unknown as { opened: string[] }).opened)
const copied = () => desktop.app.evaluate(({ clipboard }) => clipboard.readText())

beforeAll(async () => {
  await desktop.app.evaluate(({ shell }) => {
    const seen: string[] = []
    Object.assign(globalThis, { opened: seen })
    shell.openExternal = async (url) => {
      seen.push(url)
    }
  })
})

test('an app that was started hidden has a tray and no window, and nothing is connected yet', async () => {
  desktop.engine.show([])
  expect(await desktop.tray.menuWith('No environment yet')).toEqual([
    'No environment yet',
    '',
    'Open Jetway',
    'Start at login',
    '',
    'Quit',
  ])
  expect(desktop.app.windows()).toHaveLength(0)
})

test('one environment is one click away: state, connection, Airflow, URL, sign-in', async () => {
  desktop.engine.show([{ ...connected, state: 'disconnected', signedIn: false }])
  expect(await desktop.tray.menuWith('prod · not connected')).toEqual([
    'prod · not connected',
    'Connect',
    '',
    'Open Airflow',
    'Copy URL',
    '',
    'Sign in',
    '',
    'Open Jetway',
    'Start at login',
    '',
    'Quit',
  ])
  await desktop.tray.click('Connect')
  await desktop.engine.whenAsked(({ method }) => method === 'connect')
  desktop.engine.show([connected])
  await desktop.tray.click('Open Airflow')
  await eventually('the browser', async () => (await opened()).includes('http://localhost:8080/'))
  await desktop.tray.click('Copy URL')
  await eventually('the clipboard', async () => (await copied()) === 'http://localhost:8080')
  await desktop.tray.click('Sign out')
  await desktop.engine.whenAsked(({ method }) => method === 'signOut')
  expect(await desktop.tray.tooltip((text) => text.includes('prod'))).toBe('prod · connected')
})

test('which Airflow it is stands above what opens it, and which one it was', async () => {
  const before = { version: '3.3.1', until: new Date(new Date().getFullYear(), 4, 12, 12).toISOString() }
  const services = connected.services.map((one) => ({ ...one, airflow: { version: '3.3.2', before } }))
  desktop.engine.show([{ ...connected, services }])
  const label = 'Airflow 3.3.2, was 3.3.1 until 12 May'
  const menu = await desktop.tray.menuWith(label)
  const at = menu.indexOf(label)
  expect(menu.slice(at + 1, at + 3)).toEqual(['Open Airflow', 'Copy URL'])
})

test('who has a taken port stands in the place of what is not there, with the next free one', async () => {
  const taken = { owner: 'python3 (process 4242)', suggestion: 8081 }
  const services = connected.services.map((one) => ({ ...one, localUrl: null, taken }))
  desktop.engine.show([{ ...connected, services }])
  const menu = await desktop.tray.menuWith('prod · connected · port 8080 is taken')
  expect(menu.slice(3, 5)).toEqual([
    'Airflow: port 8080 is used by python3 (process 4242)',
    'Use port 8081 for Airflow',
  ])
  await desktop.tray.click('Use port 8081 for Airflow')
  expect(await desktop.engine.whenAsked(({ method }) => method === 'setPort')).toMatchObject({
    params: { environment: 'prod', service: 'airflow', port: 8081 },
  })
})

test('the five DAGs that passed last are listed, and open at the local URL', async () => {
  desktop.engine.show([connected])
  await desktop.engine.whenAsked(
    ({ method, params }) => method === 'watchActivity' && params.environment === 'prod',
  )
  const dags = ['old', 'a_1', 'b', 'c', 'd.e', 'f-g']
  desktop.engine.notify('activity', { environment: 'prod', entries: dags.map(entry), lost: 0 })
  const menu = await desktop.tray.menu((items) => items.some(({ label }) => label === 'Recent DAGs'))
  const recent = menu.find(({ label }) => label === 'Recent DAGs')
  expect(recent?.children.map(({ label }) => label)).toEqual(['a_1', 'b', 'c', 'd.e', 'f-g'])
  await desktop.tray.click('d.e')
  await eventually('the browser', async () => (await opened()).includes('http://localhost:8080/dags/d.e'))
  const taken = { owner: 'python3 (process 4242)', suggestion: null }
  const services = connected.services.map((one) => ({ ...one, localUrl: null, taken }))
  desktop.engine.show([{ ...connected, services }])
  const without = await desktop.tray.menuWith('Airflow: port 8080 is used by python3 (process 4242)')
  expect(without).not.toContain('Recent DAGs')
})

test('requests that wait for the person stand on top, and one opens the window there', async () => {
  const toDecide = [
    accessRequest({ id: 'r1', dags: ['sales_eu_*'], askedAt: '2026-01-01T00:00:00.000Z' }),
    accessRequest({ id: 'r2', name: 'Kim & Co', role: 'viewer', seconds: 900 }),
    accessRequest({ id: 'r3', state: 'approved' }),
  ]
  desktop.engine.answer = (asked) =>
    asked.method === 'watchAccessRequests' ? { ...noRequests, toDecide } : answers(asked)
  desktop.engine.show([{ ...connected, state: 'disconnected' }])
  await desktop.tray.menuWith('prod · not connected')
  desktop.engine.show([connected])
  const menu = await desktop.tray.menu((items) => items[0]?.label === 'Requests waiting for you (2)')
  expect(menu[0]?.children.map(({ label }) => label)).toEqual([
    'Bo Lin: operator on sales_eu_*, for 4 h',
    'Kim & Co: viewer on sales_*, for 15 min',
  ])
  await desktop.tray.tooltip((text) => text === 'prod · connected · 2 requests wait for you')
  const window = desktop.app.waitForEvent('window')
  await desktop.tray.click('Kim & Co: viewer on sales_*, for 15 min')
  const page = await window
  await page.getByRole('tab', { name: 'Access', selected: true }).waitFor()
  await page.locator('#request-r2:focus').waitFor()
  const closed = page.waitForEvent('close')
  await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  await closed
  desktop.engine.notify('accessRequests', { environment: 'prod', requests: noRequests })
  await desktop.tray.menu((items) => items[0]?.label === 'prod · connected')
})

test('several environments have a menu each', async () => {
  desktop.engine.show([connected, environmentStatus({ name: 'test' })])
  const menu = await desktop.tray.menu((items) => items.some(({ label }) => label === 'test · not connected'))
  const [prod, other] = menu
  expect(prod?.label).toBe('prod · connected')
  expect(prod?.children.map(({ label }) => label)).toContain('Disconnect')
  expect(other?.children.map(({ label }) => label)).toContain('Connect')
  await desktop.tray.click('Disconnect')
  expect(await desktop.engine.whenAsked(({ method }) => method === 'disconnect')).toMatchObject({
    params: { environment: 'prod' },
  })
})

test('Start at login is a checkbox, which makes an autostart entry and takes it away again', async () => {
  const path = join(desktop.session.env.XDG_CONFIG_HOME as string, 'autostart/jetway.desktop')
  const entryNow = () => readFile(path, 'utf8').catch(() => null)
  const isChecked = (checked: boolean) =>
    desktop.tray.menu((items) =>
      items.some((item) => item.label === 'Start at login' && item.checked === checked),
    )
  await isChecked(false)
  await desktop.tray.click('Start at login')
  await isChecked(true)
  expect(await entryNow()).toMatch(/^Exec=.* --hidden$/m)
  await desktop.tray.click('Start at login')
  await isChecked(false)
  expect(await entryNow()).toBeNull()
})

test('Open Jetway opens the window, and so does a click on the icon', async () => {
  const window = desktop.app.waitForEvent('window')
  await desktop.tray.click('Open Jetway')
  await (await window).getByRole('heading').first().waitFor()
  const closed = (await window).waitForEvent('close')
  await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  await closed
  const again = desktop.app.waitForEvent('window')
  await desktop.tray.activate()
  await again
})

test('Quit ends the app, and leaves the engine that was there before it', async () => {
  const ended = new Promise<number | null>((resolve) => desktop.app.process().once('exit', resolve))
  await desktop.tray.click('Quit')
  expect(await ended).toBe(0)
  expect(desktop.engine.asked.filter(({ method }) => method === 'shutdown')).toEqual([])
})
