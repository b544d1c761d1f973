import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { dialControl } from '#client/control/control-client.ts'
import { controlSocketPath } from '#client/home.ts'
import { freePort } from '../../demo/free-port.ts'
import { signInOverHttp } from '../../demo/sign-in-over-http.ts'
import { type DesktopApp, startDesktopApp } from '../support/desktop-app.ts'
import { NotificationHost } from '../support/notification-host.ts'
import { outputPath } from '../support/output.ts'
import { connectedAs } from '../support/person-at-app.ts'
import { settled } from '../support/settled.ts'
import { type SmallCompany, startSmallCompany } from '../support/small-company.ts'

/** One asks and one decides: two apps with their engines, a real relay between them. */
interface PersonAtApp {
  readonly desktop: DesktopApp
  readonly notifications: NotificationHost
}

let company: SmallCompany
let ana: PersonAtApp
let bob: PersonAtApp
const people: PersonAtApp[] = []
const ask = { group: 'data-eng', dags: ['finance_*'], approvers: ['finance-ops'], longestMinutes: 480 }
const requests = ['user', 'op'].map((role) => ({ ...ask, role }))

/** On one machine, so that each takes another port. */
async function personAtApp(name: string, airflow: number): Promise<PersonAtApp> {
  let notifications: NotificationHost | null = null
  const desktop = await startDesktopApp({
    electron: inject('electron'),
    async prepare({ busAddress }) {
      notifications = await NotificationHost.start(busAddress)
    },
  })
  const person = { desktop, notifications: notifications as unknown as NotificationHost }
  people.push(person)
  const control = await dialControl(controlSocketPath(desktop.home), {
    browse: ({ url }) => void signInOverHttp(url, name),
  })
  const { name: environment } = await control.request('addEnvironment', {
    relayUrl: company.relay.url,
    name: 'prod-eu',
    ports: { airflow },
  })
  await control.request('connect', { environment })
  control.close()
  await connectedAs(desktop.window, name)
  return person
}

beforeAll(async () => {
  company = await startSmallCompany()
  const grants = ['data-eng', 'finance-ops'].map((group) => ({ group, role: 'viewer' }))
  await company.relay.reloadWith(
    { policy: { contact: 'Ask us.', grants, requests } },
    { allowWidening: true },
  )
  ana = await personAtApp('ana', company.localPort)
  bob = await personAtApp('bob', await freePort())
}, 120_000)
afterAll(async () => {
  for (const { desktop, notifications } of people) {
    await desktop.close()
    notifications.close()
  }
  await company?.close()
})

const trigger = async (): Promise<number> => {
  const url = `http://localhost:${company.localPort}/api/v2/dags/finance_close/dagRuns`
  const { status } = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  return status
}

test('what is refused is asked for, approved or denied by somebody else, works at once, and is taken back', async () => {
  const [asking, deciding] = [ana.desktop.window, bob.desktop.window]
  expect(await trigger()).toBe(403)
  await asking.getByRole('tab', { name: 'Activity' }).click()
  await asking.getByRole('row', { name: /Trigger run.*finance_close.*Denied/ }).click()
  await asking.getByRole('button', { name: 'Ask for access' }).click()
  const dialog = asking.getByRole('dialog', { name: 'Ask for access' })
  await dialog.getByText('people of finance-ops').waitFor()
  await dialog.getByLabel('Why you need it').fill('The close of October did not run.')
  await asking.screenshot({ path: outputPath('two-people-ask.png') })
  await dialog.getByRole('button', { name: 'Ask', exact: true }).click()
  await asking.getByText('You have asked for user on finance_*.').waitFor()

  await ana.desktop.control.request('requestAccess', {
    environment: 'prod-eu',
    policy: 'request:data-eng:op:finance_*',
    reason: 'The pool of the close is too small: the runs of the night wait for it.',
    seconds: 1800,
  })
  const told = await bob.notifications.with('prod-eu: ana@example.com asks for user on finance_*')
  expect(told.body).toBe('For 1 h. “The close of October did not run.”')
  await bob.notifications.with('asks for op on finance_*')
  await bob.desktop.tray.menu((items) => items[0]?.label === 'Requests waiting for you (2)')
  await bob.desktop.tray.click('ana@example.com: user on finance_*, for 1 h')
  await deciding.getByRole('tab', { name: 'Access 2 requests wait for you', selected: true }).waitFor()
  await deciding.getByRole('button', { name: 'Approve user on finance_* of ana@example.com' }).click()
  await deciding.getByLabel('Note, if you like').fill('Only the close.')
  await deciding.getByRole('button', { name: 'Approve for 1 h' }).click()
  await deciding.getByRole('heading', { name: 'Approved by you' }).waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await deciding.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await settled(deciding)
    await deciding.screenshot({ path: outputPath(`desktop-requests-${colorScheme}.png`) })
  }

  const given = await ana.notifications.with('you have been given user on finance_*')
  expect(given.body).toBe('By bob@example.com. For 1 h. “Only the close.”')
  await asking.getByText('You have been given user on finance_* since. Try it again.').waitFor()
  expect(await trigger()).toBe(200)
  await asking.getByRole('tab', { name: 'Access' }).click()
  await asking.getByLabel('on the DAG').fill('finance_close')
  await asking.getByText(/^(Yes, you may|You may) trigger run on finance_close/).waitFor()
  await asking.screenshot({ path: outputPath('two-people-given.png') })

  await deciding.getByRole('button', { name: 'Deny op on finance_* of ana@example.com' }).click()
  await deciding.getByLabel('Note, if you like').fill('Ask the platform team.')
  await deciding.getByRole('dialog').getByRole('button', { name: 'Deny' }).click()
  const refused = await ana.notifications.with('you are not given op on finance_*')
  expect(refused.body).toBe('By bob@example.com. “Ask the platform team.”')

  await deciding.getByRole('button', { name: 'Take back user on finance_* of ana@example.com' }).click()
  const ended = await ana.notifications.with('user on finance_* has ended')
  expect(ended.body).toBe('bob@example.com has taken it back.')
  await asking.getByText('No. Nothing lets you trigger run on finance_close.').waitFor()
  expect(await trigger()).toBe(403)
  // Nobody is told of what they did themselves.
  expect(bob.notifications.all).toHaveLength(2)
  expect(ana.notifications.all).toHaveLength(3)
})
