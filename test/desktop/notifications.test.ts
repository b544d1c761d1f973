import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { AccessRequests } from '#shared/ipc/access-requests.ts'
import type { EnvironmentStatus } from '#shared/ipc/control.ts'
import { accessRequest, noRequests } from '../support/access-requests.ts'
import { answers, environmentStatus } from '../support/control-double.ts'
import { eventually } from '../support/eventually.ts'
import { NativeDesktop } from '../support/native-desktop.ts'

/** What reaches the desktop's notification service, and what a click on it does. */
let desktop: NativeDesktop
beforeAll(async () => {
  desktop = await NativeDesktop.start({ electron: inject('electron'), args: ['--hidden'] })
  desktop.engine.answer = answers
})
afterAll(() => desktop?.close())

const stepUp = problemOf(new JetwayError('SIGN_IN_ENDED', { environment: 'prod' }))
const connected = environmentStatus({
  name: 'prod',
  state: 'connected',
  connectedSince: '2026-01-01T00:00:00.000Z',
  signedIn: true,
})
const show = (part: Partial<EnvironmentStatus>) => desktop.engine.show([{ ...connected, ...part }])
const nothingShown = () => eventually('an empty screen', async () => desktop.notifications.shown.length === 0)

beforeEach(async () => {
  show({})
  await desktop.tray.tooltip((text) => text === 'prod · connected')
  await nothingShown()
  desktop.notifications.all.length = 0
  desktop.engine.asked.length = 0
})

test('a sign-in that is needed is said once, a click begins it, and then it is gone', async () => {
  show({ stepUp })
  const shown = await desktop.notifications.with('prod: Your sign-in has ended')
  expect(shown.body).toContain('Sign in')
  // However often the engine says it.
  for (const state of ['reconnecting', 'connected', 'reconnecting'] as const) show({ stepUp, state })
  await desktop.tray.tooltip((text) => text === 'prod · reconnecting…')
  expect(desktop.notifications.all).toHaveLength(1)
  desktop.notifications.click(shown)
  expect(await desktop.engine.whenAsked(({ method }) => method === 'signIn')).toMatchObject({
    params: { environment: 'prod' },
  })
})

test('is taken off the screen when it is over', async () => {
  show({ stepUp })
  await desktop.notifications.with('prod')
  show({ stepUp, signingIn: true })
  await nothingShown()
})

test('a connection that ended for good is said at once, and a click connects', async () => {
  const lastError = problemOf(new JetwayError('ACCESS_REVOKED'))
  show({ state: 'disconnected', lastError })
  desktop.notifications.click(await desktop.notifications.with('Your access was taken away'))
  await desktop.engine.whenAsked(({ method }) => method === 'connect')
  expect(desktop.notifications.all).toHaveLength(1)
})

test('a sign-in that ends soon is said while there is time', async () => {
  const in_ = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()
  // Ten minutes and a moment: that is when it is said.
  show({ signInEnds: in_(10 + 1 / 60) })
  const shown = await desktop.notifications.with('your sign-in ends soon')
  expect(shown.body).toMatch(/^In 10 minutes\./)
  show({ signInEnds: in_(600) })
  await nothingShown()
})

describe('requests for access', () => {
  const tell = (requests: Partial<AccessRequests>) =>
    desktop.engine.notify('accessRequests', { environment: 'prod', requests: { ...noRequests, ...requests } })
  const own = accessRequest({ name: 'Ana Reyes' })

  test('one that waits for the person is said, and a click opens it; what is decided is taken back', async () => {
    const toDecide = [accessRequest({ id: 'n1', name: 'Bo <b>Lin</b>' })]
    tell({ toDecide })
    const shown = await desktop.notifications.with('prod: Bo <b>Lin</b> asks for operator on sales_*')
    expect(shown.body).toBe('For 4 h. “The backfill of the weekend stands still.”')
    const opened = desktop.app.waitForEvent('window')
    desktop.notifications.click(shown)
    const page = await opened
    await page.locator('#request-n1:focus').waitFor()
    const closed = page.waitForEvent('close')
    await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
    await closed
    tell({ toDecide: [...toDecide, accessRequest({ id: 'n2' })] })
    await desktop.notifications.with('prod: Bo Lin asks for')
    tell({})
    await nothingShown()
    expect(desktop.notifications.all).toHaveLength(2)
  })

  test('what became of the person’s own is said once; what they did themselves is not', async () => {
    tell({ mine: [own] })
    tell({ mine: [{ ...own, state: 'ended', endedBy: 'Ana Reyes' }] })
    const again = { ...own, id: 'n4' }
    tell({ mine: [again] })
    const decision = { by: 'Bo Lin', at: new Date().toISOString(), note: '<i>Go</i>' }
    tell({ mine: [{ ...again, state: 'approved', decision }] })
    const given = await desktop.notifications.with('prod: you have been given operator on sales_*')
    expect(given.body).toMatch(/^By Bo Lin\. For 3 h\. “‹i›Go‹\/i›”$/)
    tell({ mine: [{ ...again, state: 'ended', decision, endedBy: 'Bo Lin' }] })
    const ended = await desktop.notifications.with('prod: operator on sales_* has ended')
    expect(ended.body).toBe('Bo Lin has taken it back.')
    tell({})
    await nothingShown()
    expect(desktop.notifications.all).toHaveLength(2)
  })
})

test('where notifications are off there is none, and those that were there go', async () => {
  const window = desktop.app.waitForEvent('window')
  await desktop.tray.click('Open Jetway')
  const page = await window
  show({ stepUp })
  await desktop.notifications.with('prod')
  await page.evaluate('window.jetway.setSettings({ notifications: false })')
  await nothingShown()
  show({})
  await desktop.tray.tooltip((text) => text === 'prod · connected')
  show({ stepUp })
  await desktop.tray.menuWith('Sign in again')
  expect(desktop.notifications.shown).toEqual([])
})
