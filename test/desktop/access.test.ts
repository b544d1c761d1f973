import { expect, test } from 'vitest'
import { ownWindow } from '../support/own-window.ts'
import { openTab } from './open-tab.ts'
import { fine, someAccess, wrong } from './screens.ts'

const window = ownWindow()

test('what may I do here, and why, by keyboard alone', async () => {
  const { page } = window
  await openTab(window, 'Access', { answers: { access: () => someAccess } })
  await page.getByRole('combobox', { name: 'May I' }).focus()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type('clear ta')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await page.keyboard.type('orders_daily')
  await page.getByText('Yes, you may clear tasks on orders_daily.').waitFor()
  await page.getByText('The role user, which orders-team has on orders_*, shared_refresh.').waitFor()

  await page.getByRole('button', { name: 'Clear tasks' }).focus()
  await page.keyboard.press('Enter')
  await page.getByText('orders-team:user:orders_*,shared_refresh').waitFor()
  const row = page.getByRole('row', { name: 'Clear tasks' })
  expect(await row.getByRole('cell').allInnerTexts()).toEqual(['No', 'Yes', 'Not always'])
  await page.keyboard.press('Enter')
  expect(await page.getByText('orders-team:user:orders_*,shared_refresh').count()).toBe(0)
})

test('it is asked again when someone asks', async () => {
  const { page } = window
  let groups = ['everyone']
  const access = () => ({ ...someAccess, person: { ...someAccess.person, groups } })
  await openTab(window, 'Access', { answers: { access } })
  await page.getByRole('listitem').filter({ hasText: 'everyone' }).first().waitFor()
  groups = ['everyone', 'orders-team']
  await page.getByRole('button', { name: 'Ask again what I may do' }).click()
  await page.getByRole('listitem').filter({ hasText: 'orders-team' }).first().waitFor()
})

test('everything is looked at when the screen opens and when someone asks, and the report is copied', async () => {
  const { app, page } = window
  let found = wrong
  await openTab(window, 'Diagnostics', { answers: { diagnose: () => found } })
  await page.getByText('One thing does not work').waitFor()
  const clock = page.getByRole('listitem').filter({ hasText: 'Clock' })
  // The state is not told by its colour alone.
  expect(await clock.textContent()).toContain('Does not work: ')
  await page.getByRole('button', { name: 'Copy report' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  const report = await app.evaluate(({ clipboard }) => clipboard.readText())
  expect(report).toContain('[FAILED] clock: This machine’s clock is 10 min behind')
  found = fine
  await page.getByRole('button', { name: 'Look again' }).click()
  await page.getByText('Everything is fine').waitFor()
})
