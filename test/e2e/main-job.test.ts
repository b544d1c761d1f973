import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { passwordOf } from '../../demo/provider/people.ts'
import { readAudit } from '../support/audit.ts'
import { type DesktopApp, startDesktopApp } from '../support/desktop-app.ts'
import { eventually } from '../support/eventually.ts'
import { outputPath } from '../support/output.ts'
import { settled } from '../support/settled.ts'

const company = inject('company')

interface Run {
  readonly dag_run_id: string
  readonly state: string
  readonly triggering_user_name: string
}

describe.each([
  { person: 'ana', dag: 'hello' },
  { person: 'bob', dag: 'finance_close' },
])('$person, from the first start to a run of $dag', ({ person, dag }) => {
  const email = `${person}@example.com`
  let desktop: DesktopApp
  let airflow: string

  beforeAll(async () => {
    desktop = await startDesktopApp(company)
    const { services } = await desktop.control.request('addEnvironment', {
      relayUrl: company.relayUrl,
      ca: company.ca,
    })
    airflow = services[0]?.localUrl as string
  })
  afterAll(() => desktop?.close())

  test('before anything: the local port says how to connect', async () => {
    await desktop.window.getByText('Not connected').first().waitFor()
    await desktop.window.screenshot({ path: outputPath(`${person}-1-not-connected.png`) })
    const page = await fetch(airflow, { headers: { accept: 'text/html' } })
    expect([page.status, await page.text()]).toEqual([503, expect.stringContaining('Press Connect')])
    const program = await fetch(`${airflow}/api/v2/dags`)
    expect(program.status).toBe(503)
    expect(program.headers.get('content-type')).toBe('application/problem+json')
    expect(await program.json()).toMatchObject({ code: 'NOT_CONNECTED', status: 503 })
  })

  test('Connect in the tray signs in in the browser, and connects', async () => {
    await desktop.tray.click('Connect')
    const login = await desktop.browser.page((url) => url.startsWith(company.issuer))
    await desktop.window
      .getByText(/browser/i)
      .first()
      .waitFor()
    await desktop.window.screenshot({ path: outputPath(`${person}-2-signing-in.png`) })
    await login.getByLabel('User').fill(person)
    await login.getByLabel('Password').fill(passwordOf(person))
    await login.screenshot({ path: outputPath(`${person}-3-provider.png`) })
    await login.getByRole('button', { name: 'Sign in' }).click()
    await login.getByText('You are signed in').waitFor()
    await login.screenshot({ path: outputPath(`${person}-4-signed-in.png`) })
    await desktop.tray.menu((items) => items.some(({ label }) => label.includes(`connected as ${email}`)))
    await desktop.window.getByText(email).first().waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await desktop.window.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await settled(desktop.window)
      await desktop.window.screenshot({ path: outputPath(`${person}-5-connected-${colorScheme}.png`) })
    }
  })

  test('Open Airflow in the tray shows the DAGs, and one is triggered there', async () => {
    await desktop.tray.click('Open Airflow')
    const page = await desktop.browser.page((url) => url.startsWith(airflow))
    await page.setViewportSize({ width: 1280, height: 860 })
    await page.goto(`${airflow}/dags`)
    await page.getByRole('link', { name: dag }).first().waitFor()
    await page.screenshot({ path: outputPath(`${person}-6-airflow.png`) })
    await page.goto(`${airflow}/dags/${dag}`)
    await page
      .getByRole('button', { name: /trigger/i })
      .first()
      .click()
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    await page.screenshot({ path: outputPath(`${person}-7-trigger.png`) })
    await dialog
      .getByRole('button', { name: /^trigger/i })
      .last()
      .click()
    // Others trigger the same DAG meanwhile, but not from a browser.
    const record = await eventually('the record of the trigger', async () =>
      (await readAudit(company.auditLog)).find(
        ({ verb, principal, resource, source }) =>
          verb === 'run.trigger' &&
          principal?.name === email &&
          resource?.dag === dag &&
          source.userAgent?.includes('Chrome'),
      ),
    )
    const run = await eventually('the run succeeds', async () => {
      const response = await fetch(`${airflow}/api/v2/dags/${dag}/dagRuns?order_by=-run_after`)
      const { dag_runs } = (await response.json()) as { dag_runs: Run[] }
      return dag_runs.find((r) => r.dag_run_id === record.resource?.run && r.state === 'success')
    })
    expect(run.triggering_user_name).toBe(email)
    await page.goto(`${airflow}/dags/${dag}/runs/${run.dag_run_id}`)
    await page
      .getByText(/success/i)
      .first()
      .waitFor()
    await page.screenshot({ path: outputPath(`${person}-8-run.png`) })

    const events = (await (
      await fetch(`${airflow}/api/v2/eventLogs?dag_id=${dag}&owner=${email}`)
    ).json()) as {
      event_logs: { event: string; owner: string }[]
    }
    expect(events.event_logs).toContainEqual(
      expect.objectContaining({ event: 'trigger_dag_run', owner: email }),
    )
    expect(record).toMatchObject({
      principal: { name: email },
      verb: 'run.trigger',
      resource: { dag, run: run.dag_run_id },
      decision: { effect: 'allow' },
      status: 200,
    })
  })

  test('the window shows who did what, and what else there is', async () => {
    const { window } = desktop
    await window.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    for (const [tab, text] of [
      ['Overview', 'Round trip'],
      ['Activity', dag],
      ['Access', 'May I'],
    ] as const) {
      await window.getByRole('tab', { name: tab }).click()
      await window.getByText(text).first().waitFor()
      await settled(window)
      await window.screenshot({ path: outputPath(`${person}-9-${tab.toLowerCase()}.png`) })
    }
  })

  test('the window has seen it go through, says who may do it, and finds nothing in the way', async () => {
    const { window } = desktop
    await window.getByRole('tab', { name: 'Activity' }).click()
    await window.getByRole('searchbox').last().fill(`trigger ${dag}`)
    const line = window.getByRole('row', { name: new RegExp(`Trigger run ${dag}`) }).first()
    await line.click()
    await window.getByText('Allowed; Airflow answered 200').waitFor()
    await window.screenshot({ path: outputPath(`${person}-10-triggered.png`) })
    await window.getByRole('tab', { name: 'Access' }).click()
    await window.getByLabel('on the DAG').fill(dag)
    await window.getByText(`Yes, you may trigger run on ${dag}.`).waitFor()
    await window.getByLabel('on the DAG').fill('someone_elses')
    await window.getByText('No. Nothing lets you trigger run on someone_elses.').waitFor()
    await window.screenshot({ path: outputPath(`${person}-11-may.png`) })
    await window.getByRole('tab', { name: 'Diagnostics' }).click()
    await window.getByText('Everything is fine').waitFor()
    await window.screenshot({ path: outputPath(`${person}-12-diagnostics.png`) })
  })
})

describe('mallory, of no group', () => {
  let desktop: DesktopApp

  beforeAll(async () => {
    desktop = await startDesktopApp(company)
    await desktop.control.request('addEnvironment', { relayUrl: company.relayUrl, ca: company.ca })
  })
  afterAll(() => desktop?.close())

  test('signs in and connects, and the browser says what she lacks and who can give it', async () => {
    await desktop.tray.click('Connect')
    const login = await desktop.browser.page((url) => url.startsWith(company.issuer))
    await login.getByLabel('User').fill('mallory')
    await login.getByLabel('Password').fill(passwordOf('mallory'))
    await login.getByRole('button', { name: 'Sign in' }).click()
    await login.getByText('You are signed in').waitFor()
    await desktop.tray.click('Open Airflow')
    const page = await desktop.browser.page((url) => url.startsWith('http://localhost:'))
    await page.getByRole('heading', { name: 'You may not do this yet' }).waitFor()
    await page.getByText('You have no role here').waitFor()
    await page.getByText('#data-platform').waitFor()
    await page.screenshot({ path: outputPath('mallory-denied.png') })

    const { window } = desktop
    await window.getByRole('tab', { name: 'Activity' }).click()
    await window
      .getByRole('row', { name: /Denied/ })
      .first()
      .click()
    await window.getByText('Denied: You may not do this yet').waitFor()
    await window.getByRole('button', { name: 'Copy a request' }).click()
    await window.getByText('Your request is on the clipboard.').waitFor()
    await window.screenshot({ path: outputPath('mallory-activity.png') })
    await window.getByRole('tab', { name: 'Access' }).click()
    await window.getByText('You may do nothing here yet').waitFor()
    await window.screenshot({ path: outputPath('mallory-access.png') })
  })
})
