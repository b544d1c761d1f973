import type { Page } from 'playwright-core'
import { passwordOf } from '../../demo/provider/people.ts'
import type { DesktopApp } from './desktop-app.ts'

/** What a person does at the app and in the browser to be connected. */

/** Types a relay's address into the empty window. */
export async function pasteAddress(window: Page, address: string): Promise<void> {
  await window.getByLabel(/relay(’s)? address/i).fill(address)
  await window.keyboard.press('Enter')
}

/** Signs in at the page of the demo's provider that the app has opened. `then` is what the browser says at last. */
export async function signInInBrowser(
  { browser }: Pick<DesktopApp, 'browser'>,
  issuer: string,
  person: string,
  then = 'You are signed in',
): Promise<void> {
  const login = await browser.page((url) => url.startsWith(issuer))
  await login.getByLabel('User').fill(person)
  await login.getByLabel('Password').fill(passwordOf(person))
  await login.getByRole('button', { name: 'Sign in' }).click()
  await login.getByText(then).first().waitFor()
}

/** All of a first minute: from the empty window of `desktop` to the one that says that `person` is connected. */
export async function connectFirst(
  desktop: Pick<DesktopApp, 'browser' | 'window'>,
  at: { readonly relayUrl: string; readonly issuer: string },
  person: string,
): Promise<void> {
  await pasteAddress(desktop.window, at.relayUrl)
  await signInInBrowser(desktop, at.issuer, person)
  await connectedAs(desktop.window, person)
}

/** Until the window says so, of the environment that it shows. */
export async function connectedAs(window: Page, person: string): Promise<void> {
  await window.getByRole('button', { name: 'Disconnect' }).waitFor()
  await window.getByText(`${person}@example.com`).first().waitFor()
}
