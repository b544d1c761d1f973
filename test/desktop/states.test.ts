import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ElectronApplication, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { controlSocketPath } from '#client/home.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { EngineStatus, EnvironmentStatus } from '#shared/ipc/control.ts'
import { ControlDouble, environmentStatus } from '../support/control-double.ts'
import { type DesktopSession, startDesktopSession } from '../support/desktop-session.ts'
import { launchDesktop } from '../support/launch-desktop.ts'
import { outputPath } from '../support/output.ts'
import { settled } from '../support/settled.ts'
import { TrayHost } from '../support/tray.ts'

/** Every state of the window, with an engine that shows what it is told. */
const electron = inject('electron')
const person = { subject: 'ana', name: 'Ana', email: 'ana@example.com' }
let session: DesktopSession
let engine: ControlDouble
let app: ElectronApplication
let window: Page
let tray: TrayHost

beforeAll(async () => {
  session = await startDesktopSession({ keyring: false })
  const home = join(session.home, 'jetway')
  await mkdir(home, { mode: 0o700 })
  engine = new ControlDouble()
  await engine.listen(controlSocketPath(home))
  tray = await TrayHost.start(session.busAddress)
  app = await launchDesktop({ electron, session, home })
  window = await app.firstWindow()
  await engine.whenAsked(({ method }) => method === 'watch')
})
afterAll(async () => {
  await app?.close()
  await engine?.close()
  tray?.close()
  await session?.close()
})

const problem = (code: ConstructorParameters<typeof JetwayError>[0], params = {}) =>
  problemOf(new JetwayError(code, params))

const states: [string, Partial<EnvironmentStatus> | null, string, Partial<EngineStatus>?][] = [
  ['first-start', null, 'Connect to Airflow'],
  ['disconnected', {}, 'Not connected'],
  ['connecting', { state: 'connecting' }, 'Connecting'],
  ['signing-in', { state: 'connecting', signingIn: true }, 'Finish the sign-in in your browser'],
  ['connected', { state: 'connected', signedIn: true, person }, 'ana@example.com'],
  [
    'sign-in-again',
    {
      state: 'connected',
      signedIn: true,
      person,
      stepUp: problem('SIGN_IN_TOO_OLD', {
        verb: 'dag.delete',
        resource: 'orders_old',
        conditions: 'only signed in at most 60 min ago, and you did 3 h ago',
      }),
    },
    'Sign in again for this',
  ],
  [
    'sign-in-ended',
    { lastError: problem('SIGN_IN_ENDED', { environment: 'demo' }) },
    'Your sign-in has ended',
  ],
  [
    'reconnecting',
    { state: 'reconnecting', signedIn: true, person, lastError: problem('SESSION_LOST') },
    'Reconnecting',
  ],
  [
    'relay-unreachable',
    { lastError: problem('RELAY_UNREACHABLE', { relay: 'relay.example.com', reason: 'name not found' }) },
    'The relay cannot be reached',
  ],
  [
    'port-taken',
    { lastError: problem('PORT_TAKEN', { port: 8080, owner: 'python3 (process 4242)', suggestion: 8081 }) },
    'The local port is taken',
  ],
  [
    'no-keychain',
    {},
    'No keychain was found',
    { tokenStore: 'memory', tokenStoreProblem: problem('NO_KEYCHAIN', { reason: 'no Secret Service' }) },
  ],
]

test.each(states)('%s', async (name, environment, text, status = {}) => {
  engine.show(environment === null ? [] : [environmentStatus(environment)], status)
  const shown = status.tokenStoreProblem?.detail ?? text
  await window.getByText(shown).first().waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await window.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await settled(window)
    await window.screenshot({ path: outputPath(`window-${name}-${colorScheme}.png`) })
  }
})

test('the window asks the engine for what its buttons say', async () => {
  engine.show([environmentStatus({})])
  await window.getByRole('button', { name: 'Connect', exact: true }).click()
  expect(await engine.whenAsked(({ method }) => method === 'connect')).toMatchObject({
    params: { environment: 'demo' },
  })
})

test('a sign-in that is needed is one click away, in the window and in the tray', async () => {
  const stepUp = problem('SIGN_IN_ENDED', { environment: 'demo' })
  engine.show([environmentStatus({ state: 'connected', signedIn: true, person, stepUp })])
  await window.getByRole('button', { name: 'Sign in again' }).click()
  await engine.whenAsked(({ method }) => method === 'signIn')
  engine.show([environmentStatus({ state: 'connected', signedIn: true, person, stepUp, signingIn: true })])
  await window.getByRole('button', { name: 'Open browser again' }).waitFor()
  await tray.menu((items) => items.some(({ label }) => label === 'Cancel sign-in'))
})

test('the tray has the same', async () => {
  engine.show([environmentStatus({ state: 'connected', signedIn: true, person })])
  await tray.menu((items) => items.some(({ label }) => label === 'demo · connected as ana@example.com'))
  await tray.click('Disconnect')
  await engine.whenAsked(({ method }) => method === 'disconnect')
})

test('the window can do nothing but what the bridge gives', async () => {
  expect(await window.evaluate('typeof require + typeof process + Object.keys(window.jetway).length')).toBe(
    'undefinedundefined29',
  )
  const opened = await window.evaluate(`fetch('https://example.com').then(() => 'reached', () => 'refused')`)
  expect(opened).toBe('refused')
  await window.evaluate(`location.href = 'https://example.com'; window.open('https://example.com')`)
  expect(app.windows()).toHaveLength(1)
  expect(window.url()).toMatch(/^app:\/\/jetway\//)
})
