import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type DesktopApp, startDesktopApp } from '../support/desktop-app.ts'
import { lockKeyring } from '../support/desktop-session.ts'
import { connectedAs, pasteAddress, signInInBrowser } from '../support/person-at-app.ts'
import { type SmallCompany, startSmallCompany } from '../support/small-company.ts'

/** A keyring that nobody has unlocked when the app starts. */
let company: SmallCompany
let desktop: DesktopApp
beforeAll(async () => {
  company = await startSmallCompany()
  desktop = await startDesktopApp({ electron: inject('electron'), prepare: lockKeyring })
})
afterAll(async () => {
  await desktop?.close()
  await company?.close()
})

test('the window says what that means, and one connects all the same', async () => {
  const { window, control } = desktop
  await pasteAddress(window, company.relay.url)
  await signInInBrowser(desktop, company.issuer, 'ana')
  await connectedAs(window, 'ana')
  await window.getByText('your sign-in is kept in memory only').first().waitFor()
  expect(await control.request('status', {})).toMatchObject({
    tokenStore: 'memory',
    tokenStoreProblem: { code: 'NO_KEYCHAIN' },
  })
  expect((await fetch(`http://localhost:${company.localPort}/api/v2/dags`)).status).toBe(200)
  await window.getByRole('tab', { name: 'Diagnostics' }).click()
  await window.getByText('No keychain was found').first().waitFor()
  await window.getByText('Unlock a keyring and start Jetway again').first().waitFor()
})
