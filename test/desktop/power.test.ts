import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { NativeDesktop } from '../support/native-desktop.ts'

/** The machine wakes up: the engine looks at its connections at once, and nobody is asked anything. */
let desktop: NativeDesktop
beforeAll(async () => {
  desktop = await NativeDesktop.start({ electron: inject('electron'), args: ['--hidden'] })
})
afterAll(() => desktop?.close())
beforeEach(() => {
  desktop.engine.asked.length = 0
})

const probes = () => desktop.engine.asked.filter(({ method }) => method === 'probe')
const emit = (event: string) =>
  desktop.app.evaluate(({ powerMonitor }, name) => powerMonitor.emit(name), event)

test.each(['resume', 'unlock-screen'])('after %s', async (event) => {
  await emit(event)
  await desktop.engine.whenAsked(({ method }) => method === 'probe')
  expect(probes()).toHaveLength(1)
  expect(desktop.notifications.all).toEqual([])
  expect(desktop.app.windows()).toEqual([])
})

test('without an engine there is nothing to look at, and the app goes on', async () => {
  desktop.engine.drop()
  await emit('resume')
  await desktop.engine.whenAsked(({ method }) => method === 'watch')
  await emit('resume')
  await desktop.engine.whenAsked(({ method }) => method === 'probe')
  const log = await readFile(join(desktop.userData, 'logs/main.log'), 'utf8')
  expect(log.split('\n').filter((line) => line.includes('"event":"probe"'))).toHaveLength(4)
})
