import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type DesktopApp, engineOf, startDesktopApp } from '../support/desktop-app.ts'
import { lockKeyring, unlockKeyring } from '../support/desktop-session.ts'
import { eventually } from '../support/eventually.ts'
import { runJetway } from '../support/jetway-command.ts'
import { connectedAs, connectFirst } from '../support/person-at-app.ts'
import { type SmallCompany, startSmallCompany } from '../support/small-company.ts'

/** A keyring that nobody has unlocked when the app starts, and that someone unlocks while it runs. */
let company: SmallCompany
let desktop: DesktopApp
/** How often someone was sent to the provider. */
let pages = 0
beforeAll(async () => {
  company = await startSmallCompany({
    // So that the sign-in is renewed, and is to be kept anew, every few seconds.
    accessTokenSeconds: 8,
    async around(context, next) {
      if (context.path === '/auth') pages += 1
      await next()
    },
  })
  desktop = await startDesktopApp({ electron: inject('electron'), prepare: lockKeyring })
})
afterAll(async () => {
  await desktop?.close()
  await company?.close()
})

const inMemory = 'your sign-in is kept in memory only'
const open = (tab: string) => desktop.window.getByRole('tab', { name: tab }).click()
const press = (name: string) => desktop.window.getByRole('button', { name, exact: true }).click()
const answer = async () => (await fetch(`http://localhost:${company.localPort}/api/v2/dags`)).status
const engineStatus = async () => {
  const engine = await engineOf(desktop.home)
  const status = await engine.request('status', {})
  engine.close()
  return status
}
/** What the keyring has of this sign-in. */
async function kept(): Promise<string> {
  const read = `const { default: k } = await import('keytar'); console.log(await k.getPassword(process.argv[1], process.argv[2]))`
  const args = ['--input-type=module', '--eval', read, `Jetway ${desktop.home}`, company.relay.url]
  return (await promisify(execFile)(process.execPath, args, { env: desktop.session.env })).stdout
}

test('the window says what that means, and one connects all the same', async () => {
  const { window } = desktop
  await connectFirst(desktop, company, 'ana')
  await window.getByText(inMemory).first().waitFor()
  expect(await engineStatus()).toMatchObject({
    tokenStore: 'memory',
    tokenStoreProblem: { code: 'NO_KEYCHAIN' },
  })
  const { stdout } = await runJetway(['status'], { home: desktop.home })
  expect(stdout).toContain(inMemory)
  expect(await answer()).toBe(200)
  await open('Diagnostics')
  await window.getByText('No keychain was found').first().waitFor()
  await window.getByText('Unlock a keyring, then connect or sign in').first().waitFor()
})

test('unlocked, it is taken up at the next connection, and has the sign-in that was made meanwhile', async () => {
  const { window, session } = desktop
  await unlockKeyring(session)
  await press('Look again')
  await window.getByText('The keychain answers now').first().waitFor()
  expect(await engineStatus()).toMatchObject({ tokenStore: 'memory' })
  await press('Disconnect')
  await press('Connect')
  await connectedAs(window, 'ana')
  expect(await engineStatus()).toMatchObject({ tokenStore: 'keychain', tokenStoreProblem: null })
  await window.getByText(inMemory).first().waitFor({ state: 'detached' })
  const { stdout } = await runJetway(['status'], { home: desktop.home })
  expect(stdout).not.toContain(inMemory)
  expect(await kept()).toContain('refreshToken')
  expect([await answer(), pages]).toEqual([200, 1])
})

test('locked again while one is connected it is said, nothing is interrupted, and unlocked it has what was renewed', async () => {
  const { window, session } = desktop
  const before = await kept()
  await lockKeyring(session)
  await window.getByText(inMemory).first().waitFor()
  expect([await answer(), (await engineStatus()).environments[0]?.state]).toEqual([200, 'connected'])
  await unlockKeyring(session)
  expect(await kept()).toBe(before)
  await press('Disconnect')
  await press('Connect')
  await connectedAs(window, 'ana')
  expect(await engineStatus()).toMatchObject({ tokenStore: 'keychain', tokenStoreProblem: null })
  expect(await kept()).not.toBe(before)
  expect(pages).toBe(1)
})

test('what was kept before it was locked counts again once it is unlocked: nobody signs in', async () => {
  const { window, session } = desktop
  const { pid } = await engineStatus()
  // Nothing is renewed between the two.
  process.kill(pid, 'SIGSTOP')
  await lockKeyring(session)
  process.kill(pid, 'SIGKILL')
  await eventually('another engine', async () => {
    const status = await engineStatus().catch(() => null)
    return status !== null && status.pid !== pid
  })
  await open('Overview')
  await window.getByText('Not signed in').waitFor()
  await window.getByText(inMemory).first().waitFor()
  await unlockKeyring(session)
  await press('Connect')
  await connectedAs(window, 'ana')
  expect(await engineStatus()).toMatchObject({ tokenStore: 'keychain', tokenStoreProblem: null })
  expect([await answer(), pages]).toEqual([200, 1])
})
