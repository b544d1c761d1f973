import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type DesktopApp, startDesktopApp } from '../support/desktop-app.ts'
import { eventually } from '../support/eventually.ts'
import {
  logOutAtKeycloak,
  type SamlRelay,
  signInAtKeycloak,
  startSamlRelay,
} from '../support/keycloak/saml-relay.ts'
import { outputPath } from '../support/output.ts'

/** The desktop app, whose person signs in at Keycloak by SAML, in the desktop's own browser. */
let site: SamlRelay
let desktop: DesktopApp
let airflow: string
beforeAll(async () => {
  site = await startSamlRelay({ logouts: 'redirect' })
  desktop = await startDesktopApp(inject('company'))
  const { services } = await desktop.control.request('addEnvironment', { relayUrl: site.relay.url })
  airflow = services[0]?.localUrl as string
})
afterAll(async () => {
  await desktop?.close()
  await site?.close()
})

const isSignInPage = (url: string) => url.startsWith(`${site.realm.issuer}/protocol/saml?SAMLRequest=`)

test('Connect signs in in the browser, and connects', async () => {
  await desktop.tray.click('Connect')
  const page = await desktop.browser.page(isSignInPage)
  await page.locator('input[name=password]').waitFor()
  await page.screenshot({ path: outputPath('saml-1-provider.png') })
  await signInAtKeycloak(page, 'ana')
  await desktop.tray.menu((items) =>
    items.some(({ label }) => label.includes('connected as ana@example.com')),
  )
  await desktop.window.getByText('ana@example.com').first().waitFor()
  await desktop.window.screenshot({ path: outputPath('saml-2-connected.png') })
  expect((await fetch(`${airflow}/api/v2/dags/hello`)).status).toBe(200)
})

test('who is logged out at Keycloak is signed out of the app, which says so', async () => {
  const page = await desktop.browser.page(() => true)
  await logOutAtKeycloak(page, site.realm)
  const again = desktop.window.getByRole('button', { name: 'Sign in', exact: true }).first()
  await again.waitFor()
  await desktop.window.getByText('You were signed out').first().waitFor()
  await desktop.window.screenshot({ path: outputPath('saml-3-signed-out.png') })
  await eventually(
    'nothing goes through',
    async () => (await fetch(`${airflow}/api/v2/dags/hello`)).status === 503,
  )
  const { environments } = await desktop.control.request('status', {})
  expect(environments[0]).toMatchObject({ signedIn: false, stepUp: { code: 'SESSION_ENDED' } })
  await again.click()
  await signInAtKeycloak(await desktop.browser.page(isSignInPage), 'ana')
  await eventually('it goes on', async () => (await fetch(`${airflow}/api/v2/dags/hello`)).status === 200)
})
