import { beforeEach, describe, expect, test } from 'vitest'
import { desktopMethods } from '#shared/ipc/desktop.ts'
import { answers, environmentStatus } from '../support/control-double.ts'
import { ownWindow } from '../support/own-window.ts'
import { connected, person, problem } from './states.ts'

/** What the window does when it is used, with an engine that answers what it is told. */
const window = ownWindow()
const others = ['staging', 'dev'].map((name) =>
  environmentStatus({ name, relayUrl: `https://${name}.example.com` }),
)
beforeEach(async () => {
  window.engine.asked.length = 0
  window.engine.answer = answers
  await window.show([connected, ...others])
  await window.page.reload()
  await window.page.getByRole('heading', { level: 1, name: 'prod-eu' }).waitFor()
})

/** The name of what has the keyboard. */
const focused = () =>
  window.page.evaluate(
    `document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent`,
  )
const asked = (method: string) => window.engine.whenAsked((request) => request.method === method)

describe('buttons', () => {
  test('ask the engine for what they say', async () => {
    await window.page.getByRole('button', { name: 'Disconnect' }).click()
    expect(await asked('disconnect')).toMatchObject({ params: { environment: 'prod-eu' } })
  })

  test('a sign-in that is needed is one click away, in the window and in the tray', async () => {
    const stepUp = problem('SIGN_IN_ENDED', { environment: 'demo' })
    await window.show([{ ...connected, stepUp }])
    await window.page.getByRole('button', { name: 'Sign in again' }).click()
    await asked('signIn')
    await window.show([{ ...connected, stepUp, signingIn: true }])
    await window.page.getByRole('button', { name: 'Open browser again' }).waitFor()
    await window.tray.menu((items) => items.some(({ label }) => label === 'Cancel sign-in'))
  })

  test('an environment is removed only after it was said what is lost', async () => {
    const { page } = window
    await page.getByRole('button', { name: 'More for prod-eu' }).click()
    await page.getByRole('menuitem', { name: 'Remove…' }).click()
    const dialog = page.getByRole('alertdialog', { name: 'Remove prod-eu?' })
    await dialog.getByText('You are signed out').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    expect(window.engine.asked.map(({ method }) => method)).not.toContain('removeEnvironment')
    await page.getByRole('button', { name: 'More for prod-eu' }).click()
    await page.getByRole('menuitem', { name: 'Remove…' }).click()
    await dialog.getByRole('button', { name: 'Remove' }).click()
    expect(await asked('removeEnvironment')).toMatchObject({ params: { environment: 'prod-eu' } })
  })

  test('a colour and the mark of production are kept', async () => {
    const { page } = window
    await page.getByRole('button', { name: 'More for prod-eu' }).click()
    await page.getByRole('menuitem', { name: 'Colour and mark…' }).click()
    await page.getByText('This is production').click()
    await page.getByRole('radio', { name: 'purple' }).press('ArrowRight')
    await page.getByRole('button', { name: 'Save' }).click()
    expect(await asked('setAppearance')).toMatchObject({
      params: { environment: 'prod-eu', color: 'pink', production: false },
    })
  })
})

describe('ports', () => {
  test('a taken one says who has it, and the next is one press away', async () => {
    const { page, engine } = window
    engine.answer = (request) => {
      if (request.method !== 'setPort' || request.params.port !== 9000) return answers(request)
      throw problem('PORT_TAKEN', { port: 9000, owner: 'python3 (process 4242)', suggestion: 9001 })
    }
    await page.getByRole('button', { name: 'Change the port of Airflow' }).click()
    const field = page.getByLabel('Port of Airflow on this computer')
    await field.fill('9000')
    await field.press('Enter')
    await page.getByText('Port 9000 is used by python3 (process 4242).').waitFor()
    await page.getByRole('button', { name: 'Use 9001' }).click()
    await field.waitFor({ state: 'hidden' })
    expect(
      engine.asked.filter(({ method }) => method === 'setPort').map(({ params }) => params.port),
    ).toEqual([9000, 9001])
  })

  test.each(['', '80', '1023', '65536', '80a', '-1'])('%j is none, and nobody is asked', async (typed) => {
    const { page, engine } = window
    await page.getByRole('button', { name: 'Change the port of Airflow' }).click()
    await page.getByLabel('Port of Airflow on this computer').fill(typed)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('A port is a number from 1024 to 65535.').waitFor()
    expect(engine.asked.map(({ method }) => method)).not.toContain('setPort')
  })
})

describe('keys', () => {
  const heading = (name: string) => window.page.getByRole('heading', { level: 1, name }).waitFor()

  test('Ctrl and a digit go to an environment, with a comma to the settings, with N to a new one', async () => {
    const { page } = window
    await page.keyboard.press('Control+2')
    await heading('staging')
    await page.keyboard.press('Control+,')
    await heading('Settings')
    await page.keyboard.press('Control+n')
    await heading('Add an environment')
    await page.keyboard.press('Control+9')
    await page.keyboard.press('Control+3')
    await heading('dev')
  })

  test('Escape leads from the settings, and from adding one, to the environment of before', async () => {
    const { page } = window
    await page.keyboard.press('Control+2')
    await heading('staging')
    for (const [key, title] of [
      ['Control+,', 'Settings'],
      ['Control+n', 'Add an environment'],
    ] as const) {
      await page.keyboard.press(key)
      await heading(title)
      await page.keyboard.press('Escape')
      await heading('staging')
    }
    await page.keyboard.press('Escape')
    await heading('staging')
  })

  test('the arrows go through the environments', async () => {
    const { page } = window
    await page.getByRole('option', { name: /^prod-eu/ }).focus()
    await page.keyboard.press('ArrowDown')
    await heading('staging')
    await expect.poll(focused).toContain('staging')
  })

  test('a menu is opened, gone through and left', async () => {
    const { page } = window
    const more = page.getByRole('button', { name: 'More for prod-eu' })
    await more.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menu').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'hidden' })
    await expect.poll(focused).toBe('More for prod-eu')
  })

  test('Tab reaches everything that can be pressed', async () => {
    const { page } = window
    const reached = new Set<unknown>()
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press('Tab')
      reached.add(await focused())
    }
    const names = [
      ...['Add environment', 'Settings', 'Disconnect', 'Open Airflow', 'More for prod-eu', 'Overview'],
      ...['Change the port of Airflow', 'Copy the address of Airflow', 'Open Airflow in the browser'],
    ]
    expect([...reached]).toEqual(expect.arrayContaining(names))
  })
})

describe('traffic', () => {
  const sample = (second: number, receivedBytesPerSecond: number) => ({
    time: new Date(Date.UTC(2026, 0, 1, 0, 1, second)).toISOString(),
    roundTripMs: 12,
    receivedBytesPerSecond,
    sentBytesPerSecond: 0,
    openStreams: 1,
  })

  test('is drawn as it comes, and told in words', async () => {
    const { page, engine } = window
    await page.getByRole('img', { name: /^Received 362 kB\/s/ }).waitFor()
    engine.notify('traffic', { environment: 'staging', sample: sample(0, 9_000_000) })
    engine.notify('traffic', { environment: 'prod-eu', sample: sample(1, 7_000_000) })
    await page.getByRole('img', { name: /^Received 7.0 MB\/s/ }).waitFor()
    await page.getByRole('img', { name: /^Round trip 12 ms/ }).waitFor()
  })

  test('is drawn every few seconds where nothing goes through, and at once when something does', async () => {
    const { page, engine } = window
    const tell = (roundTripMs: number, received: number, second: number) =>
      engine.notify('traffic', {
        environment: 'prod-eu',
        sample: { ...sample(second, received), roundTripMs },
      })
    const roundTrip = (ms: number) => page.getByRole('img', { name: new RegExp(`^Round trip ${ms} ms`) })
    await page.getByRole('img', { name: /^Received 362 kB\/s/ }).waitFor()
    for (let second = 1; second <= 10; second += 1) tell(100 + second, 0, second)
    await roundTrip(110).waitFor()
    for (let second = 11; second <= 14; second += 1) tell(100 + second, 0, second)
    // What was told before has come by then.
    await page.evaluate('window.jetway.getState({})')
    expect(await roundTrip(110).count()).toBe(1)
    tell(115, 0, 15)
    await roundTrip(115).waitFor()
    tell(116, 0, 16)
    tell(117, 5_000_000, 17)
    await roundTrip(117).waitFor()
  })

  test('moves nothing between one picture and the next', async () => {
    const { page, engine } = window
    engine.notify('traffic', { environment: 'prod-eu', sample: sample(2, 6_000_000) })
    await page.getByRole('img', { name: /^Received 6.0 MB\/s/ }).waitFor()
    expect(await page.evaluate('document.getAnimations().length')).toBe(0)
  })

  test('is not asked for where nobody looks', async () => {
    const { page } = window
    await page.getByRole('img', { name: /^Received/ }).waitFor()
    await page.getByRole('tab', { name: 'Access' }).click()
    expect(await asked('unwatchTraffic')).toMatchObject({ params: { environment: 'prod-eu' } })
  })
})

describe('settings', () => {
  beforeEach(async () => {
    await window.page.keyboard.press('Control+,')
    await window.page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
  })

  test('the theme is chosen by keys, and holds at once', async () => {
    const { page, app } = window
    await page.emulateMedia({ colorScheme: null })
    const theme = () => app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)
    for (const [name, source] of [
      ['Dark', 'dark'],
      ['As this computer', 'system'],
    ] as const) {
      await page.getByRole('button', { name: /Appearance/ }).press('Enter')
      await page.getByRole('option', { name }).press('Enter')
      await page.getByRole('button', { name: `${name} Appearance` }).waitFor()
      expect(await theme()).toBe(source)
    }
  })

  test('notifications are turned off', async () => {
    const { page } = window
    const notifications = page.getByRole('switch', { name: /^Notifications/ })
    expect(await notifications.isChecked()).toBe(true)
    await notifications.press('Space')
    await page.waitForFunction(`!document.querySelectorAll('[role=switch]')[1].checked`)
    await notifications.press('Space')
  })

  test('a proxy of one’s own is used, and given up again', async () => {
    const { page } = window
    await page.getByRole('button', { name: /Proxy/ }).press('Enter')
    await page.getByRole('option', { name: 'One of your own' }).click()
    await page.getByLabel('Address of the proxy').fill('proxy.example.com:3128')
    await page.getByLabel('Address of the proxy').press('Enter')
    await page.getByRole('button', { name: 'In use' }).waitFor()
    await page.getByRole('button', { name: /Proxy/ }).press('Enter')
    await page.getByRole('option', { name: 'As this computer' }).click()
    await page.getByLabel('Address of the proxy').waitFor({ state: 'hidden' })
  })

  test.each(['http://ana:secret@proxy.example.com', 'ftp://proxy.example.com', 'no proxy', ''])(
    '%j is no proxy',
    async (typed) => {
      const { page } = window
      await page.getByRole('button', { name: /Proxy/ }).press('Enter')
      await page.getByRole('option', { name: 'One of your own' }).click()
      await page.getByLabel('Address of the proxy').fill(typed)
      await page.getByRole('button', { name: 'Use it' }).click()
      await page.getByText('Type an address like http://proxy.example.com:3128').waitFor()
    },
  )
})

describe('many environments', () => {
  test('are searched by name', async () => {
    const { page } = window
    const many = Array.from({ length: 20 }, (_, index) => environmentStatus({ name: `team-${index}` }))
    await window.show(many)
    await page.getByRole('searchbox', { name: 'Find an environment' }).fill('m-1')
    expect(await page.getByRole('option').count()).toBe(11)
    await page.keyboard.press('Escape')
    expect(await page.getByRole('option').count()).toBe(20)
  })
})

describe('a followed link', () => {
  const pendingLink = { name: 'prod', relayUrl: 'https://airflow.elsewhere.example' }

  test.each([
    ['Cancel', false],
    ['Add and sign in', true],
  ])('is shown first: %s', async (button, accept) => {
    const { page, app } = window
    await window.show([connected], { main: { pendingLink } })
    const dialog = page.getByRole('alertdialog', { name: 'Add this environment?' })
    await dialog.getByText('airflow.elsewhere.example').waitFor()
    await expect.poll(focused).toBe('Cancel')
    const answer = app.evaluate(
      ({ ipcMain }) =>
        new Promise((resolve) => {
          ipcMain.removeHandler('jetway:answerLink')
          ipcMain.handle('jetway:answerLink', (_event, params) => {
            resolve(params)
            return { ok: true, value: null }
          })
        }),
    )
    await dialog.getByRole('button', { name: button }).click()
    expect(await answer).toEqual({ accept })
    const added = environmentStatus({ name: 'added', relayUrl: 'https://airflow.elsewhere.example' })
    await window.show([connected, added])
    await page.getByRole('heading', { level: 1, name: accept ? 'added' : 'prod-eu' }).waitFor()
  })
})

describe('the first minute', () => {
  test('an offer of the company is taken by one press', async () => {
    const { page } = window
    const offers = [{ name: 'prod-us', relayUrl: 'https://airflow.us.example.com' }]
    await window.show([], { engine: { offers }, main: { offers } })
    await page.getByRole('button', { name: /prod-us/ }).click()
    expect(await asked('addEnvironment')).toMatchObject({
      params: { relayUrl: 'https://airflow.us.example.com' },
    })
  })

  test.each([
    ['RELAY_UNREACHABLE', { relay: 'relay.example.com', reason: 'name not found' }],
    ['PROVIDER_UNREACHABLE', { issuer: 'https://id.example.com' }],
  ] as const)('%s says what happened and what to do', async (code, params) => {
    const { page, engine } = window
    const refused = problem(code, params)
    engine.answer = (request) => {
      if (request.method === 'addEnvironment') throw refused
      return answers(request)
    }
    await window.show([])
    await page.getByLabel('Relay address').fill('relay.example.com')
    await page.keyboard.press('Enter')
    for (const text of [refused.title, refused.detail, refused.action])
      await page.getByText(text).first().waitFor()
  })
})

test('a part that fails takes neither the window nor the other tabs with it', async () => {
  const { page, engine } = window
  // Nothing that an engine of this version answers.
  engine.answer = (request) => (request.method === 'access' ? null : answers(request))
  await page.reload()
  await page.getByText('This could not be shown').waitFor()
  await page.getByRole('tab', { name: 'Diagnostics' }).click()
  await page.getByRole('tabpanel', { name: 'Diagnostics' }).waitFor()
  engine.answer = answers
  await page.getByRole('tab', { name: 'Overview' }).click()
  await page.getByText('ana@example.com').first().waitFor()
})

test('the tray has the same', async () => {
  const { tray } = window
  await window.show([environmentStatus({ state: 'connected', signedIn: true, person })])
  await tray.menu((items) => items.some(({ label }) => label === 'demo · connected as ana@example.com'))
  await tray.click('Disconnect')
  await asked('disconnect')
})

test('the window can do nothing but what the bridge gives', async () => {
  const { page, app } = window
  expect(await page.evaluate('typeof require + typeof process')).toBe('undefinedundefined')
  expect(await page.evaluate('Object.keys(window.jetway)')).toHaveLength(desktopMethods.length + 4)
  const opened = await page.evaluate(`fetch('https://example.com').then(() => 'reached', () => 'refused')`)
  expect(opened).toBe('refused')
  await page.evaluate(`location.href = 'https://example.com'; window.open('https://example.com')`)
  expect(app.windows()).toHaveLength(1)
  expect(page.url()).toMatch(/^app:\/\/jetway\//)
})
