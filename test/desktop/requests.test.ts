import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import type { AccessRequests } from '#shared/ipc/access-requests.ts'
import { accessRequest, noRequests, requestable } from '../support/access-requests.ts'
import { type Answer, answers } from '../support/control-double.ts'
import { type DesktopWindow, openDesktopWindow } from '../support/desktop-window.ts'
import { disconnected } from './open-tab.ts'
import { activityEntries } from './screens.ts'
import { someRequests } from './some-requests.ts'
import { connected, problem } from './states.ts'

/** Requests for access in the window, with an engine that answers what it is told. */
let window: DesktopWindow
beforeAll(async () => {
  window = await openDesktopWindow(inject('electron'))
})
afterAll(async () => {
  await window?.close()
  expect(window?.errors).toEqual([])
})

const environment = 'prod-eu'
const asked = (method: string) => window.engine.whenAsked((request) => request.method === method)
const countOf = (method: string) => window.engine.asked.filter((request) => request.method === method).length
/** At each change the engine tells all. */
const tell = (requests: Partial<AccessRequests>) =>
  window.engine.notify('accessRequests', { environment, requests: { ...noRequests, ...requests } })
const part = (title: string) => window.page.getByRole('region', { name: title })
const row = (title: string, name: string) => part(title).getByRole('listitem', { name })
const focused = () => window.page.evaluate('document.activeElement.textContent')

/** Connects anew, so that the engine is asked for everything, and opens a tab. */
async function connect(tab: string, answer: Answer = answers): Promise<void> {
  const { engine, page, show } = window
  engine.answer = answer
  await show([disconnected])
  engine.asked.length = 0
  await show([connected])
  await asked('watchAccessRequests')
  await page.reload()
  await page.getByRole('tab', { name: tab }).click()
}

const answering =
  (requests: Partial<AccessRequests>): Answer =>
  (request) =>
    request.method === 'watchAccessRequests' ? { ...noRequests, ...requests } : answers(request)

describe('what waits for the person', () => {
  const [one, two] = [
    accessRequest({ id: 'd1' }),
    accessRequest({ id: 'd2', name: 'Kim Okafor', role: 'admin', dags: ['*'] }),
  ]
  beforeEach(() => connect('Access', answering({ toDecide: [one, two] })))

  test('is counted in the list and on the tab', async () => {
    const { page } = window
    await page.getByRole('tab', { name: 'Access 2 requests wait for you' }).waitFor()
    await page.getByRole('option', { name: /2 requests wait for you/ }).waitFor()
    tell({ toDecide: [two] })
    await page.getByRole('tab', { name: 'Access 1 request waits for you' }).waitFor()
    tell({})
    await page.getByRole('tab', { name: 'Access', exact: true }).waitFor()
  })

  test('is approved by keyboard, with a word, and can be taken back', async () => {
    const { page } = window
    await page.getByRole('button', { name: 'Approve operator on sales_* of Bo Lin' }).press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Approve operator on sales_*?' })
    await dialog.getByText('PRODUCTION').waitFor()
    await dialog.getByText('Bo Lin, bo@example.com').waitFor()
    await page.keyboard.type(' Until the weekend. ')
    expect(countOf('decideAccessRequest')).toBe(0)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await asked('decideAccessRequest')).toEqual({
      method: 'decideAccessRequest',
      params: { environment, id: 'd1', decision: 'approve', note: 'Until the weekend.' },
    })
    const decision = { by: 'Ana Reyes', at: new Date().toISOString(), note: 'Until the weekend.' }
    tell({ toDecide: [{ ...one, state: 'approved', decision }, two] })
    await dialog.waitFor({ state: 'hidden' })
    await row('Approved by you', 'Bo Lin: operator on sales_*').getByText('Given for 3 h more').waitFor()
    // What had the keyboard is gone: it goes on from the title.
    await expect.poll(focused).toBe('Waiting for you')
    await page.getByRole('button', { name: 'Take back operator on sales_* of Bo Lin' }).press('Enter')
    expect((await asked('endAccessRequest')).params).toEqual({ environment, id: 'd1' })
    tell({ toDecide: [two] })
    await part('Approved by you').waitFor({ state: 'hidden' })
    await expect.poll(focused).toMatch(/^Access/)
  })

  test('is denied without a word, and only when that is said twice', async () => {
    const { page } = window
    await page.getByRole('button', { name: 'Deny admin on all DAGs of Kim Okafor' }).click()
    const dialog = page.getByRole('dialog', { name: 'Deny admin on all DAGs?' })
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    await expect.poll(focused).toBe('Deny')
    expect(countOf('decideAccessRequest')).toBe(0)
    await page.keyboard.press('Enter')
    await dialog.getByRole('button', { name: 'Deny' }).click()
    expect((await asked('decideAccessRequest')).params).toEqual({
      environment,
      id: 'd2',
      decision: 'deny',
      note: null,
    })
  })

  test('that somebody else decides, or that the relay refuses, is said in the dialog', async () => {
    const { page, engine } = window
    const refusal = problem('NOT_CONNECTED', { environment })
    engine.answer = (request) => {
      if (request.method === 'decideAccessRequest') throw refusal
      return answers(request)
    }
    await page.getByRole('button', { name: 'Approve operator on sales_* of Bo Lin' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Approve for 4 h' }).click()
    await dialog.getByText(refusal.title, { exact: true }).waitFor()
    tell({ toDecide: [two] })
    await dialog.getByText('Somebody else has decided, or it was withdrawn.').waitFor()
    expect(await dialog.getByRole('button', { name: /Approve/ }).count()).toBe(0)
    await dialog.getByRole('button', { name: 'Close' }).click()
  })

  test('is shown five at a time', async () => {
    const { page } = window
    tell({
      toDecide: Array.from({ length: 50 }, (_, i) => accessRequest({ id: `d${i}`, name: `Person ${i}` })),
    })
    await part('Waiting for you').getByRole('button', { name: 'Show 45 more' }).click()
    expect(await part('Waiting for you').getByRole('listitem').count()).toBe(50)
    await page.getByRole('tab', { name: 'Access 50 requests wait for you' }).waitFor()
  })

  test('that was chosen outside the window has the keyboard; one that is over is said to be', async () => {
    const { page, show } = window
    await page.getByRole('tab', { name: 'Overview' }).click()
    await show([connected], { main: { goTo: { environment, request: 'd2' } } })
    await page.locator('#request-d2:focus').waitFor()
    await page.getByRole('tab', { name: 'Overview' }).click()
    await show([connected], { main: { goTo: { environment, request: 'gone' } } })
    await page.getByText('This request does not wait any more').waitFor()
    expect(countOf('decideAccessRequest')).toBe(0)
  })
})

describe('asking', () => {
  const lines: Answer = (request) => {
    if (request.method === 'watchActivity') return activityEntries(10)
    return answering({ requestable: someRequests.requestable })(request)
  }

  test('for what was refused: the narrowest is proposed, and a reason is needed', async () => {
    const { page } = window
    await connect('Activity', lines)
    await page.getByRole('row', { name: /Trigger run finance.* Denied/ }).click()
    await page.getByRole('button', { name: 'Ask for access' }).click()
    const dialog = page.getByRole('dialog', { name: 'Ask for access' })
    await dialog.getByText('people of finance-leads or data-platform-on-call').waitFor()
    const send = dialog.getByRole('button', { name: 'Ask', exact: true })
    await dialog.getByLabel('Why you need it').fill('   ')
    expect(await send.isDisabled()).toBe(true)
    await dialog.getByLabel('Why you need it').fill('x'.repeat(600))
    expect(await dialog.getByLabel('Why you need it').inputValue()).toHaveLength(500)
    await dialog.getByLabel('Why you need it').fill('The close did not run.')
    await dialog.getByRole('button', { name: /For how long/ }).click()
    expect(
      await page
        .getByRole('listbox', { name: /For how long/ })
        .getByRole('option')
        .allInnerTexts(),
    ).toEqual(['15 min', '1 h', '4 h', '8 h'])
    await page.getByRole('option', { name: '4 h' }).click()
    await send.click()
    expect((await asked('requestAccess')).params).toEqual({
      environment,
      policy: 'request:finance',
      reason: 'The close did not run.',
      seconds: 14_400,
    })
    await dialog.waitFor({ state: 'hidden' })
    const own = accessRequest({ policy: 'request:finance', role: 'finance-operator', dags: ['finance_*'] })
    tell({ requestable: someRequests.requestable, mine: [own] })
    await page.getByText('You have asked for finance-operator on finance_*.').waitFor()
    const approved = (at: string) =>
      ({ ...own, state: 'approved', decision: { by: 'Bo', at, note: null } }) as const
    const wider = accessRequest({ id: 'w', policy: 'request:everyone:admin', role: 'admin', dags: ['*'] })
    tell({ requestable: someRequests.requestable, mine: [wider, approved('2099-01-01T00:00:00Z')] })
    await page.getByText('You have been given finance-operator on finance_* since. Try it again.').waitFor()
    // One that was there already was not enough.
    tell({ requestable: someRequests.requestable, mine: [approved('2020-01-01T00:00:00Z')] })
    await page.getByText('You can ask for admin on all DAGs.').waitFor()
  })

  test('for something wider keeps to its longest time', async () => {
    const { page } = window
    await connect('Activity', lines)
    await page.getByRole('row', { name: /Trigger run finance.* Denied/ }).click()
    await page.getByRole('button', { name: 'Ask for access' }).click()
    const dialog = page.getByRole('dialog', { name: 'Ask for access' })
    await dialog.getByRole('button', { name: /For how long/ }).click()
    await page.getByRole('option', { name: '8 h' }).click()
    await dialog.getByRole('button', { name: /^What|What$/ }).click()
    await page.getByRole('option', { name: 'admin on all DAGs' }).click()
    await dialog.getByLabel('Why you need it').fill('Because.')
    await dialog.getByRole('button', { name: 'Ask', exact: true }).click()
    expect((await asked('requestAccess')).params).toMatchObject({
      policy: 'request:everyone:admin',
      seconds: 3600,
    })
  })

  test('a refusal of the relay stays in the dialog with what was typed', async () => {
    const { page } = window
    const refusal = problem('NOT_CONNECTED', { environment })
    await connect('Access', (request) => {
      if (request.method === 'requestAccess') throw refusal
      return lines(request)
    })
    await page.getByRole('button', { name: 'Ask for operator on sales_*' }).click()
    const dialog = page.getByRole('dialog', { name: 'Ask for access' })
    await dialog.getByLabel('Why you need it').fill('Because.')
    await dialog.getByRole('button', { name: 'Ask', exact: true }).click()
    await dialog.getByText(refusal.title, { exact: true }).waitFor()
    expect(await dialog.getByLabel('Why you need it').inputValue()).toBe('Because.')
  })

  test('the question leads there too', async () => {
    const { page } = window
    await connect('Access', lines)
    await page.getByLabel('on the DAG').fill('finance_close')
    await page.getByRole('button', { name: 'Ask for access' }).click()
    await page.getByRole('dialog', { name: 'Ask for access' }).getByText('finance-leads').waitFor()
  })
})

describe('the person’s own', () => {
  const own = accessRequest({ id: 'm1', name: 'Ana Reyes' })
  const option = requestable()

  test('is withdrawn, given back after a word of warning, and asked for again', async () => {
    const { page, engine } = window
    await connect('Access', answering({ requestable: [option], mine: [own] }))
    await row('You can ask for', '').getByText('Asked').waitFor()
    await page.getByRole('button', { name: 'Withdraw the request for operator on sales_*' }).press('Enter')
    expect((await asked('endAccessRequest')).params).toEqual({ environment, id: 'm1' })
    tell({ requestable: [option], mine: [{ ...own, state: 'ended', endedBy: 'Ana Reyes' }] })
    await part('Your requests').getByText('Withdrawn').waitFor()
    await page.getByRole('button', { name: 'Ask again for operator on sales_*' }).click()
    await page.getByRole('dialog', { name: 'Ask for access' }).getByRole('button', { name: 'Cancel' }).click()

    engine.asked.length = 0
    tell({ requestable: [option], mine: [{ ...own, state: 'approved' }] })
    await page.getByRole('button', { name: 'Give back operator on sales_*' }).click()
    const dialog = page.getByRole('alertdialog', { name: 'Give back operator on sales_*?' })
    await expect.poll(focused).toBe('Keep')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'hidden' })
    expect(countOf('endAccessRequest')).toBe(0)
    await page.getByRole('button', { name: 'Give back operator on sales_*' }).click()
    await dialog.getByRole('button', { name: 'Give back' }).click()
    await asked('endAccessRequest')
  })

  test('changes what one may do: that is asked again when it is given and when it ends', async () => {
    await connect('Access', answering({ mine: [own] }))
    await part('Your requests').waitFor()
    await expect.poll(() => countOf('access')).toBeGreaterThan(0)
    const before = countOf('access')
    const given = { ...own, state: 'approved' } as const
    tell({ mine: [given] })
    await expect.poll(() => countOf('access')).toBe(before + 1)
    // Another request that waits changes nothing.
    tell({ mine: [given, accessRequest({ id: 'm2' })] })
    await part('Your requests').getByText('Waiting').waitFor()
    expect(countOf('access')).toBe(before + 1)
    tell({ mine: [{ ...own, state: 'expired' }] })
    await expect.poll(() => countOf('access')).toBe(before + 2)
  })
})

test('what could not be asked for is asked for again', async () => {
  const { page, engine } = window
  await connect('Access', (request) => {
    if (request.method === 'watchAccessRequests') throw problem('INTERNAL')
    return answers(request)
  })
  await page.getByText(problem('INTERNAL').title).first().waitFor()
  engine.answer = answering({ toDecide: [accessRequest()] })
  await page.getByRole('button', { name: 'Try again' }).click()
  await part('Waiting for you').waitFor()
})
