import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import { answers, environmentStatus } from '../support/control-double.ts'
import { eventually } from '../support/eventually.ts'
import { NativeDesktop } from '../support/native-desktop.ts'

/** A second start, and `jetway://` links: by the command line, as desktops hand them over. */
let desktop: NativeDesktop
let page: Page
beforeAll(async () => {
  desktop = await NativeDesktop.start({
    electron: inject('electron'),
    args: ['--hidden', 'jetway://add?relay=https%3A%2F%2Ffirst.example.com'],
  })
  desktop.engine.answer = (asked) =>
    asked.method === 'addEnvironment' ? environmentStatus() : answers(asked)
  page = desktop.app.windows()[0] ?? (await desktop.app.waitForEvent('window'))
})
afterAll(() => desktop?.close())

const pendingLink = async () => {
  const answer = (await page.evaluate('window.jetway.getState({})')) as { value: DesktopState }
  return answer.value.pendingLink?.relayUrl ?? null
}
const answerLink = (accept: boolean) => page.evaluate(`window.jetway.answerLink({ accept: ${accept} })`)
const added = () => desktop.engine.asked.filter(({ method }) => method === 'addEnvironment')

test('the link that started the app waits for an answer, and nothing is added by itself', async () => {
  expect(await pendingLink()).toBe('https://first.example.com')
  expect(added()).toEqual([])
})

test('no is no', async () => {
  await answerLink(false)
  expect(await pendingLink()).toBeNull()
  expect(added()).toEqual([])
})

test('a second start brings the window back and ends', async () => {
  const closed = page.waitForEvent('close')
  await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  await closed
  const window = desktop.app.waitForEvent('window')
  await desktop.startAgain()
  page = await window
  expect(await pendingLink()).toBeNull()
})

test('a link of a second start is asked about, and followed when the person says yes', async () => {
  await desktop.startAgain('jetway://add?relay=https://relay.example.com')
  await eventually('the question', async () => (await pendingLink()) === 'https://relay.example.com')
  expect(added()).toEqual([])
  await answerLink(true)
  expect(added()).toMatchObject([{ params: { relayUrl: 'https://relay.example.com' } }])
  expect(await pendingLink()).toBeNull()
})

test.each([
  'jetway://add?relay=http://relay.example.com',
  'jetway://add?relay=https://relay.example.com&yes=1',
  'jetway://signOut?environment=demo',
])('%s is not asked about', async (link) => {
  await desktop.startAgain(link)
  expect(await pendingLink()).toBeNull()
  expect(added()).toHaveLength(1)
})
