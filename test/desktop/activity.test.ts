import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { activityEntry } from '../support/activity.ts'
import { ownWindow } from '../support/own-window.ts'
import { openTab } from './open-tab.ts'
import { activityEntries } from './screens.ts'
import { problem } from './states.ts'

const window = ownWindow()

const environment = 'prod-eu'
const open = (recent: readonly ReturnType<typeof activityEntry>[]) =>
  openTab(window, 'Activity', { answers: { watchActivity: () => recent } })
const grid = () => window.page.getByRole('grid', { name: 'What goes through, newest first' })
const rows = () =>
  grid()
    .getByRole('row')
    .filter({ hasNot: window.page.getByRole('columnheader') })
const comes = (from: number, count: number, lost = 0) =>
  window.engine.notify('activity', { environment, entries: activityEntries(count, from), lost })
const selected = () => grid().locator('[aria-selected="true"]')

test('what goes through shows at once, the newest on top, and what was lost is said', async () => {
  await open([activityEntry({ id: 'first', dag: 'the_first' })])
  await rows().filter({ hasText: 'the_first' }).waitFor()
  window.engine.notify('activity', {
    environment,
    entries: [activityEntry({ id: 'first', dag: 'twice' }), activityEntry({ id: 'next', dag: 'the_next' })],
    lost: 7,
  })
  await rows().filter({ hasText: 'the_next' }).waitFor()
  // One that was there already is not there twice.
  await expect.poll(() => rows().allInnerTexts()).toHaveLength(3)
  expect(await rows().nth(1).textContent()).toBe('7 more came too fast to be shown.')
  window.engine.notify('activity', {
    environment: 'another',
    entries: [activityEntry({ id: 'other', dag: 'not_of_here' })],
    lost: 0,
  })
  window.engine.notify('activity', {
    environment,
    entries: [activityEntry({ id: 'x', dag: 'last' })],
    lost: 0,
  })
  await rows().filter({ hasText: 'last' }).waitFor()
  expect(await rows().filter({ hasText: 'not_of_here' }).count()).toBe(0)
})

test('a line that is chosen stays where it is while new ones come, and explains itself', async () => {
  const { page } = window
  await open(activityEntries(200))
  const row = rows().filter({ hasText: 'finance' }).first()
  const number = await row.getAttribute('id')
  await row.click()
  await page.getByText('needs the role finance-operator').waitFor()
  const top = (await selected().boundingBox())?.y
  const node = await selected().elementHandle()
  comes(200, 300)
  await page.getByRole('button', { name: '300 newer' }).waitFor()
  expect(await selected().getAttribute('id')).toBe(number)
  expect((await selected().boundingBox())?.y).toBe(top)
  // The same node, not another with the same words.
  expect(await selected().evaluate((one, before) => one === before, node)).toBe(true)

  await page.getByRole('button', { name: '300 newer' }).click()
  await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('501')
  await page.getByText('needs the role finance-operator').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  expect(await page.getByText('needs the role finance-operator').count()).toBe(0)
})

test('for what no request is taken there is a text: it is on the clipboard, and whom to ask is said', async () => {
  const { app, page } = window
  await open(activityEntries(10))
  await rows().filter({ hasText: 'finance' }).first().click()
  await page.getByRole('button', { name: 'Copy a request' }).click()
  await page.getByText('Your request is on the clipboard. Ask #data-platform for access.').waitFor()
  const copied = await app.evaluate(({ clipboard }) => clipboard.readText())
  expect(copied).toContain('Ana Reyes')
  expect(copied).toContain('run.trigger on DAG finance_month_end_close_and_reconciliation')
  // Nobody has to be asked for what was allowed.
  await rows().filter({ hasText: 'Read logs' }).first().click()
  await page.getByText('Allowed; Airflow answered 200').waitFor()
  expect(await page.getByRole('button', { name: 'Copy a request' }).count()).toBe(0)
})

test('everything works by keyboard', async () => {
  const { page } = window
  await open(activityEntries(1000))
  await grid().focus()
  await page.keyboard.press('ArrowDown')
  await expect.poll(() => selected().getAttribute('aria-rowindex')).toBe('2')
  await page.keyboard.press('ArrowDown')
  await expect.poll(() => selected().getAttribute('aria-rowindex')).toBe('3')
  expect(await grid().getAttribute('aria-activedescendant')).toBe(await selected().getAttribute('id'))
  await page.keyboard.press('End')
  await expect.poll(() => selected().getAttribute('aria-rowindex')).toBe('1001')
  await page.keyboard.press('PageUp')
  await expect.poll(async () => Number(await selected().getAttribute('aria-rowindex'))).toBeLessThan(1000)
  await page.keyboard.press('Home')
  await expect.poll(() => selected().getAttribute('aria-rowindex')).toBe('2')
  await page.keyboard.press('Control+f')
  await page.keyboard.type('finance trigger')
  await page.getByText('100 of 1,000').waitFor()
  expect(await rows().filter({ hasText: 'Trigger run' }).count()).toBe(await rows().count())
  await page.keyboard.press('Escape')
  await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('1001')
})

test('only denied, only what changes something', async () => {
  const { page } = window
  await open(activityEntries(100))
  await page.getByRole('button', { name: 'Denied' }).click()
  await page.getByText('20 of 100').waitFor()
  expect(await rows().filter({ hasText: 'Denied' }).count()).toBe(await rows().count())
  await page.getByRole('button', { name: 'Changes' }).click()
  await page.getByText('10 of 100').waitFor()
  await page.getByRole('button', { name: 'Denied' }).click()
  await page.getByText('30 of 100').waitFor()
})

test('whoever scrolls reads in peace, and follows again at the top', async () => {
  const { page } = window
  await open(activityEntries(500))
  await page.locator('.activity-viewport').hover()
  await page.mouse.wheel(0, 900)
  await page.getByRole('button', { name: 'Follow' }).waitFor()
  const shown = await rows().nth(12).textContent()
  comes(500, 50)
  await page.getByRole('button', { name: '50 newer' }).waitFor()
  expect(await rows().nth(12).textContent()).toBe(shown)
  await page.mouse.wheel(0, -9000)
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  expect(await grid().getAttribute('aria-rowcount')).toBe('551')
  await page.getByRole('button', { name: 'Pause' }).click()
  comes(550, 5)
  await page.getByRole('button', { name: '5 newer' }).waitFor()
  await page.getByRole('button', { name: 'Follow' }).click()
  await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('556')
})

test('whoever aims at a line hits that line, however fast others come', async () => {
  const { page } = window
  await open(activityEntries(200))
  await rows().nth(6).waitFor()
  const { x = 0, y = 0 } = (await grid().boundingBox()) ?? {}
  const lineUnder = () =>
    page.evaluate(`document.elementFromPoint(${x + 300}, ${y + 200}).closest('tr').id`) as Promise<string>
  const drawn = 'new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))'
  for (let from = 200; from < 700; from += 100) {
    await page.mouse.move(x + 300 - (from % 200), y + 200)
    await page.mouse.move(x + 300, y + 200)
    const aimed = await lineUnder()
    comes(from, 100)
    await page.evaluate(drawn)
    expect(await lineUnder()).toBe(aimed)
  }
  // And once the pointer rests they are there.
  await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('701')
  expect(await page.getByRole('button', { name: 'Pause' }).count()).toBe(1)
})

test('who comes back is told where something may be missing', async () => {
  const { page } = window
  let recent = activityEntries(3)
  await openTab(window, 'Activity', { answers: { watchActivity: () => recent } })
  await expect.poll(() => rows().count()).toBe(3)
  const away = async () => {
    await page.getByRole('tab', { name: 'Overview' }).click()
    await page.getByRole('tab', { name: 'Activity' }).click()
  }
  recent = activityEntries(3, 1)
  await away()
  await expect.poll(() => rows().count()).toBe(4)
  recent = activityEntries(2, 100)
  await away()
  await expect.poll(() => rows().count()).toBe(7)
  expect(await rows().nth(2).textContent()).toBe('Nobody was looking here; something may be missing.')
})

test('what could not be asked for is asked for again', async () => {
  const { page } = window
  let isRefused = true
  const watchActivity = () => {
    if (isRefused) throw problem('NOT_TOLD', { environment })
    return activityEntries(2)
  }
  await openTab(window, 'Activity', { answers: { watchActivity } })
  await page.getByText('This relay is older than your Jetway').waitFor()
  isRefused = false
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect.poll(() => rows().count()).toBe(2)
})

/** In the page: frames and long tasks from now until it is asked. */
const measure = `(() => {
  const frames = [], long = []
  let last = performance.now()
  let isOver = false
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) long.push(Math.round(duration))
  })
  observer.observe({ type: 'longtask' })
  const frame = (now) => {
    frames.push(now - last)
    last = now
    if (!isOver) requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
  window.measured = () => {
    isOver = true
    observer.disconnect()
    frames.sort((a, b) => a - b)
    const at = (part) => Math.round(frames[Math.floor((frames.length - 1) * part)] * 10) / 10
    return {
      frames: frames.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1),
      longTasks: long.length, longest: Math.max(0, ...long),
      rows: document.querySelectorAll('tbody tr').length,
      heapMB: Math.round(performance.memory.usedJSHeapSize / 1e6),
    }
  }
})()`
const measured = () => window.page.evaluate('window.measured()') as Promise<Record<string, number>>

const batch = 50
const intervalMs = 100

/** 500 lines a second, as the engine sends them. */
async function load(from: number, seconds: number): Promise<void> {
  for (let sent = 0; sent < seconds * 500; sent += batch) {
    comes(from + sent, batch)
    await sleep(intervalMs)
  }
}

test('100,000 lines, and 500 a second on top of them', { timeout: 240_000 }, async () => {
  const { page } = window
  await open([])
  const begun = performance.now()
  for (let from = 0; from < 101_000; from += 1000) comes(from, 1000)
  await page.getByText('100,000', { exact: true }).waitFor({ timeout: 120_000 })
  await expect.poll(() => rows().first().textContent(), { timeout: 60_000 }).toContain('orders_daily')
  process.stdout.write(`100,000 lines after ${Math.round(performance.now() - begun)} ms\n`)

  await page.evaluate(measure)
  await load(101_000, 6)
  const following = await measured()
  process.stdout.write(`following 500/s: ${JSON.stringify(following)}\n`)

  // Someone reads: the list stands still, moves under the wheel, and forgets nothing that was chosen.
  await rows().nth(3).click()
  const chosen = await selected().getAttribute('id')
  await page.evaluate(measure)
  const coming = load(104_000, 6)
  await page.locator('.activity-viewport').hover()
  for (let i = 0; i < 40; i += 1) {
    await page.mouse.wheel(0, i < 30 ? 20_000 : -60_000)
    await sleep(intervalMs)
  }
  await coming
  const reading = await measured()
  process.stdout.write(`scrolling at 500/s: ${JSON.stringify(reading)}\n`)
  await page.getByRole('button', { name: '3,000 newer' }).waitFor()
  expect(await selected().getAttribute('id')).toBe(chosen)

  const filtering = performance.now()
  await page.getByRole('button', { name: 'Denied' }).click()
  await page.getByText('20,000 of 100,000').waitFor()
  process.stdout.write(`filtered after ${Math.round(performance.now() - filtering)} ms\n`)
  for (const { rows: there } of [following, reading]) expect(there).toBeLessThan(80)
})
