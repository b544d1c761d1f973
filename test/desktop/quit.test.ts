import { once } from 'node:events'
import { access, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, inject, test } from 'vitest'
import { dialControl } from '#client/control/control-client.ts'
import { controlSocketPath } from '#client/home.ts'
import { startEngine } from '#client/start-engine.ts'
import { type DesktopApp, engineOf, startDesktopApp } from '../support/desktop-app.ts'

/** What ends with the app. */
let desktop: DesktopApp
afterEach(() => desktop.close())

const pressQuit = () => desktop.tray.click('Quit')

async function quit(press: () => Promise<void> = pressQuit): Promise<number | null> {
  const exited = once(desktop.app.process(), 'exit')
  await press()
  const [code] = (await exited) as [number | null]
  return code
}
const engineAt = (home: string) => dialControl(controlSocketPath(home))
const pidOfEngine = async () => (await desktop.control.request('status', {})).pid
const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('Quit ends the engine that the app has started, with its socket', async () => {
  desktop = await startDesktopApp({ electron: inject('electron') })
  const pid = await pidOfEngine()
  expect(pid).not.toBe(desktop.app.process().pid)
  expect(await quit()).toBe(0)
  expect(isRunning(pid)).toBe(false)
  await expect(access(controlSocketPath(desktop.home))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('Quit while an engine that crashed is being started again leaves none behind', async () => {
  desktop = await startDesktopApp({ electron: inject('electron') })
  process.kill(await pidOfEngine(), 'SIGKILL')
  // The tray's menu changes just now, and what is clicked in it may be gone.
  const ask = () => desktop.app.evaluate(({ app }) => app.quit())
  expect(await quit(ask)).toBe(0)
  await expect(engineAt(desktop.home)).rejects.toMatchObject({ code: 'ENGINE_NOT_RUNNING' })
})

test('one that was there before stays', async () => {
  const home = await mkdtemp(join(tmpdir(), 'jetway-quit-'))
  const engine = await startEngine({ tokenStore: { kind: 'memory' }, home })
  try {
    desktop = await startDesktopApp({ electron: inject('electron'), home })
    expect(await pidOfEngine()).toBe(process.pid)
    expect(await quit()).toBe(0)
    const control = await engineOf(home)
    expect(await control.request('status', {})).toMatchObject({ pid: process.pid })
    control.close()
  } finally {
    await engine.stop()
    await rm(home, { recursive: true, force: true })
  }
})
