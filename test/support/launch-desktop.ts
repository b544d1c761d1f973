import { dirname, join } from 'node:path'
import { _electron, type ElectronApplication } from 'playwright-core'
import { electronFlags } from '../../demo/desktop.ts'
import type { DesktopSession } from './desktop-session.ts'

const bundle = join(import.meta.dirname, '../../dist/desktop')

/** What the executable is started with. */
export function desktopArgs(args: readonly string[] = []): string[] {
  return [...electronFlags(), bundle, ...args]
}

/**
 * Starts the app so that no window opens before Playwright is connected. Given an `executablePath` Playwright does
 * not hold the app back, and one start in a hundred hangs: it attaches amid the first navigation, misses its end and
 * waits for it. It does hold the Electron of the npm package back, whose folder this names.
 */
export function launchDesktop(o: {
  /** The executable. */
  electron: string
  session: DesktopSession
  /** JETWAY_HOME. */
  home: string
  /** Of the app's command line. */
  args?: readonly string[]
  env?: Readonly<Record<string, string>>
}): Promise<ElectronApplication> {
  process.env.ELECTRON_OVERRIDE_DIST_PATH = dirname(o.electron)
  return _electron.launch({
    args: desktopArgs(o.args),
    env: { ...o.session.env, JETWAY_HOME: o.home, XDG_CURRENT_DESKTOP: 'XFCE', ...o.env },
    timeout: 30_000,
  })
}
