import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { desktopSchemas } from '#shared/ipc/desktop-schemas.ts'
import { Settings } from '../../../../main/settings/settings.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jetway-settings-'))
  path = join(folder, 'settings.json')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('what was set is there after the next start, and nothing else has changed', async () => {
  const settings = Settings.open(folder)
  const before = settings.current
  await Promise.all([
    settings.change({ theme: 'dark' }),
    settings.change({ notifications: false, theme: undefined }),
  ])
  expect(Settings.open(folder).current).toEqual({ ...before, theme: 'dark', notifications: false })
  expect(readdirSync(folder)).toEqual(['settings.json'])
})

test.each([
  ['half a file', '{"version":1,"sett'],
  ['another version', '{"version":2,"settings":{}}'],
  ['a value that there is not', '{"version":1,"settings":{"theme":"pink"}}'],
  ['a setting that there is not', '{"version":1,"settings":{"colour":"red"}}'],
  ['nothing', ''],
])('%s is put aside and said', (_what, text) => {
  writeFileSync(path, text)
  const settings = Settings.open(folder)
  expect(settings.current).toEqual(Settings.open(join(folder, 'new')).current)
  expect(settings.problem).toMatchObject({
    code: 'SETTINGS_BROKEN',
    params: { path, kept: `${path}.broken` },
  })
  expect(readFileSync(`${path}.broken`, 'utf8')).toBe(text)
})

test('a setting that cannot be kept counts all the same, and says so', async () => {
  const settings = Settings.open(join(folder, 'gone'))
  await expect(settings.change({ theme: 'dark' })).rejects.toMatchObject({ code: 'SETTINGS_NOT_KEPT' })
  expect(settings.current.theme).toBe('dark')
})

test.each([
  ['system', true],
  ['none', true],
  ['http://proxy.example:3128', true],
  ['https://proxy.example', true],
  ['http://ana:secret@proxy.example:3128', false],
  ['http://ana@proxy.example:3128', false],
  ['socks5://proxy.example:1080', false],
  ['http://proxy.example/path', false],
  ['proxy.example:3128', false],
  ['', false],
])('the proxy %s is taken: %s', (proxy, isTaken) => {
  expect(desktopSchemas.setSettings.safeParse({ proxy }).success).toBe(isTaken)
})
