import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ControlClient, dialControl } from '#client/control/control-client.ts'
import { controlSocketPath } from '#client/home.ts'
import { ensureElectron } from '../build/setup/electron.ts'
import { run } from '../build/setup/run.ts'
import { step } from '../build/setup/steps.ts'
import { ensureSystemPackages } from '../build/setup/system-packages.ts'
import type { Processes } from './processes.ts'
import type { Stack } from './stack.ts'

const root = join(import.meta.dirname, '..')
const engineWithinMs = 30_000

/** Starts the desktop app with the demo's relay as its environment. */
export async function startDesktop(o: {
  stack: Stack
  stateDir: string
  processes: Processes
}): Promise<void> {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    throw new Error('There is no display here. Without one: npm run demo -- --headless --user ana')
  }
  await ensureSystemPackages(['electron'])
  const electron = await step('Electron', ensureElectron)
  await step('desktop app: bundles', () => run(process.execPath, [join(root, 'build/desktop.ts')]))
  const home = join(o.stateDir, 'client')
  await mkdir(home, { recursive: true, mode: 0o700 })
  await step('desktop app', async () => {
    const child = o.processes.start(
      'desktop app',
      electron,
      [...electronFlags(), join(root, 'dist/desktop')],
      {
        env: { ...process.env, JETWAY_HOME: home },
        logFile: join(o.stateDir, 'desktop.log'),
      },
    )
    // Quit from the tray ends the app; the rest of the demo goes on until Ctrl-C.
    child.once('exit', (code) => {
      if (code === 0) o.processes.release(child)
    })
    const engine = await Promise.race([dialWhenUp(controlSocketPath(home)), o.processes.failure])
    await engine.request('addEnvironment', { relayUrl: o.stack.relayUrl, ca: o.stack.ca })
    engine.close()
  })
}

/** Chromium's sandbox does not work for root. */
export function electronFlags(): string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : []
}

async function dialWhenUp(path: string): Promise<ControlClient> {
  const deadline = Date.now() + engineWithinMs
  for (;;) {
    if (existsSync(path)) {
      const client = await dialControl(path).catch(() => null)
      if (client) return client
    }
    if (Date.now() > deadline) throw new Error('the desktop app did not start its engine')
    await sleep(50)
  }
}
