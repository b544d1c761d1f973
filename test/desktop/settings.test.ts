import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import { NativeDesktop } from '../support/native-desktop.ts'

/** Settings, from the window to the system and to the next start. */
let desktop: NativeDesktop
let page: Page
const damaged = '{"version":1,"settings":{"theme":"dark"'
const windowOf = async () => desktop.app.windows()[0] ?? (await desktop.app.waitForEvent('window'))
beforeAll(async () => {
  desktop = await NativeDesktop.start({
    electron: inject('electron'),
    prepare: ({ userData }) => writeFile(join(userData, 'settings.json'), damaged),
  })
  page = await windowOf()
})
afterAll(() => desktop?.close())

const state = async () =>
  ((await page.evaluate('window.jetway.getState({})')) as { value: DesktopState }).value
const set = (changed: object) => page.evaluate(`window.jetway.setSettings(${JSON.stringify(changed)})`)
/** Playwright gives its pages a scheme of its own, so main is asked. */
const isDark = () => desktop.app.evaluate(({ nativeTheme }) => nativeTheme.shouldUseDarkColors)

test('a file that was damaged is put aside and said, until something is set', async () => {
  const file = join(desktop.userData, 'settings.json')
  expect(await readFile(`${file}.broken`, 'utf8')).toBe(damaged)
  expect((await state()).settingsProblem).toMatchObject({
    code: 'SETTINGS_BROKEN',
    detail: expect.stringContaining(`${file}.broken`),
  })
  await set({ updates: false })
  expect((await state()).settingsProblem).toBeNull()
})

test('a theme counts at once and after the next start', async () => {
  await set({ theme: 'dark' })
  expect(await isDark()).toBe(true)
  await desktop.quit()
  await desktop.launch()
  page = await windowOf()
  expect((await state()).settings).toMatchObject({ theme: 'dark', updates: false })
  expect(await isDark()).toBe(true)
  await set({ theme: 'light' })
  expect(await isDark()).toBe(false)
})

test('what the desktop itself turned off is off', async () => {
  await set({ startAtLogin: true })
  const entry = join(desktop.session.env.XDG_CONFIG_HOME as string, 'autostart/jetway.desktop')
  const text = await readFile(entry, 'utf8')
  await writeFile(entry, `${text}Hidden=true\n`)
  await desktop.quit()
  await desktop.launch()
  page = await windowOf()
  expect((await state()).settings.startAtLogin).toBe(false)
})

test.each([
  { proxy: 'http://ana:secret@proxy.example' },
  { theme: 'pink' },
  { unknown: true },
  { startAtLogin: 'yes' },
])('%j is refused', async (changed) => {
  const before = (await state()).settings
  expect(await set(changed)).toMatchObject({ ok: false, problem: { code: 'USAGE' } })
  expect((await state()).settings).toEqual(before)
})
