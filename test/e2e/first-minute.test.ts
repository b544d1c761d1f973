import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { type DesktopApp, startDesktopApp } from '../support/desktop-app.ts'
import { eventually } from '../support/eventually.ts'
import { outputPath } from '../support/output.ts'
import { connectedAs, pasteAddress, signInInBrowser } from '../support/person-at-app.ts'
import { settled } from '../support/settled.ts'

/** From the first start to work, as a person sees it: the real app, provider, relay, Airflow and browser. */
const company = inject('company')
/** As a machine of the company would: its authority is known. */
const env = { NODE_EXTRA_CA_CERTS: company.ca }

async function picture(window: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await window.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await settled(window)
    await window.screenshot({ path: outputPath(`desktop-${name}-${colorScheme}.png`) })
  }
}

async function connected(desktop: DesktopApp, how: string): Promise<void> {
  await signInInBrowser(desktop, company.issuer, 'ana')
  await connectedAs(desktop.window, 'ana')
  const seconds = (performance.now() - desktop.startedMs) / 1000
  console.log(
    `first start to connected, ${how}: ${seconds.toFixed(1)} s, with the browser’s start and the sign-in`,
  )
}

describe('the relay’s address is pasted', () => {
  let desktop: DesktopApp
  let airflow: Page
  beforeAll(async () => {
    desktop = await startDesktopApp({ electron: company.electron, env })
  })
  afterAll(() => desktop?.close())
  const tab = (name: string) => desktop.window.getByRole('tab', { name }).click()

  test('that, a sign-in, and one is connected', async () => {
    await desktop.window.getByRole('heading', { name: 'Connect to Airflow' }).waitFor()
    await picture(desktop.window, 'first-start')
    await pasteAddress(desktop.window, company.relayUrl)
    await connected(desktop, 'by a pasted address')
  })

  test('Open Airflow opens it at localhost, under one’s own name', async () => {
    await desktop.window.getByRole('button', { name: 'Open Airflow', exact: true }).click()
    airflow = await desktop.browser.page((url) => url.startsWith('http://localhost:'))
    await airflow.setViewportSize({ width: 1280, height: 860 })
    await airflow.goto(new URL('/dags', airflow.url()).href)
    await airflow.getByRole('link', { name: 'hello' }).first().waitFor()
    await airflow.getByRole('button', { name: /user/i }).click()
    await airflow.screenshot({ path: outputPath('airflow-user.png') })
    await airflow.getByText('ana@example.com').first().waitFor()
    await airflow.keyboard.press('Escape')
  })

  test('Activity shows what the browser does', async () => {
    await tab('Activity')
    await airflow.goto(new URL('/dags/hello', airflow.url()).href)
    const lines = desktop.window.getByRole('grid', { name: 'What goes through, newest first' })
    await lines.getByRole('row', { name: /hello/ }).first().waitFor()
  })

  test('a denied action explains itself, and says what to ask for', async () => {
    const { window } = desktop
    const status = await airflow.evaluate(`fetch('/api/v2/dags/finance_close/dagRuns', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ logical_date: null }),
    }).then((response) => response.status)`)
    expect(status).toBe(403)
    const denied = window.getByRole('row', { name: /Trigger run.*finance_close.*Denied/ })
    await denied.waitFor()
    // What comes meanwhile would move it from under the mouse.
    await window.getByRole('button', { name: 'Pause' }).click()
    await denied.click()
    const details = window.getByRole('complementary', { name: 'Details' })
    await details.getByRole('heading', { name: /^Denied: / }).waitFor()
    await details.getByText('You can ask for user on finance_*.').waitFor()
    await details.getByRole('button', { name: 'Ask for access' }).waitFor()
    await picture(window, 'activity')
  })

  test('Access says what one may do, and why', async () => {
    const { window } = desktop
    await tab('Access')
    const question = window.getByRole('region', { name: 'May I?' })
    await question.getByLabel('on the DAG').fill('hello')
    await question.getByText('Yes, you may trigger run on hello.').waitFor()
    await picture(window, 'access')
    await question.getByLabel('on the DAG').fill('finance_close')
    await question.getByText('No. Nothing lets you trigger run on finance_close.').waitFor()
  })

  test('Diagnostics finds everything in order', async () => {
    await tab('Diagnostics')
    await desktop.window.getByRole('heading', { name: 'Everything is fine' }).waitFor()
    await picture(desktop.window, 'diagnostics')
  })

  test('Overview shows it all', async () => {
    await tab('Overview')
    const line = desktop.window.getByLabel(/^Round trip [<\d]/).locator('.line')
    await eventually('something can be seen of it', async () => {
      await airflow.reload()
      return ((await line.getAttribute('d')) ?? '').split('C').length > 12
    })
    await desktop.window.getByText('Airflow 3.3.2').waitFor()
    await picture(desktop.window, 'overview')
  })
})

describe('other ways in', () => {
  let desktop: DesktopApp
  afterEach(() => desktop?.close())

  test('what a company’s file proposes is one press away', async () => {
    desktop = await startDesktopApp({
      electron: company.electron,
      async prepare({ env: { XDG_CONFIG_HOME } }) {
        const folder = join(XDG_CONFIG_HOME as string, 'jetway')
        await mkdir(folder, { mode: 0o700 })
        const offer = { name: 'prod-eu', relayUrl: company.relayUrl, ca: company.ca, production: true }
        const file = { version: 1, environments: [offer] }
        await writeFile(join(folder, 'environments.yaml'), JSON.stringify(file), { mode: 0o600 })
      },
    })
    await picture(desktop.window, 'offer')
    await desktop.window.getByRole('button', { name: /prod-eu/ }).click()
    await connected(desktop, 'by a company’s file')
    await desktop.window.getByRole('heading', { level: 1, name: 'prod-eu' }).waitFor()
  })

  test('a followed link is shown, and what one says yes to is connected', async () => {
    desktop = await startDesktopApp({ electron: company.electron, env })
    await desktop.startAgain(`jetway://add?relay=${encodeURIComponent(company.relayUrl)}`)
    const dialog = desktop.window.getByRole('alertdialog', { name: 'Add this environment?' })
    await dialog.getByText(new URL(company.relayUrl).host).waitFor()
    await picture(desktop.window, 'link')
    await dialog.getByRole('button', { name: 'Add and sign in' }).click()
    await connected(desktop, 'by a link')
  })
})
