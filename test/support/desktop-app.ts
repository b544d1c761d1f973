/** The desktop app on a desktop of its own, with tray and browser, for end-to-end tests. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ElectronApplication, Page } from 'playwright-core'
import { type ControlClient, dialControl } from '#client/control/control-client.ts'
import { controlSocketPath } from '#client/home.ts'
import { type DesktopSession, startDesktopSession } from './desktop-session.ts'
import { launchDesktop } from './launch-desktop.ts'
import { SystemBrowser } from './system-browser.ts'
import { TrayHost } from './tray.ts'

export interface DesktopApp {
  readonly app: ElectronApplication
  readonly window: Page
  readonly tray: TrayHost
  readonly browser: SystemBrowser
  readonly session: DesktopSession
  /** JETWAY_HOME of the app. */
  readonly home: string
  /** To the engine that the app started. */
  readonly control: ControlClient
  close(): Promise<void>
}

export async function startDesktopApp(o: { electron: string; keyring?: boolean }): Promise<DesktopApp> {
  const session = await startDesktopSession({ keyring: o.keyring ?? true })
  const browser = await SystemBrowser.install(session)
  const tray = await TrayHost.start(session.busAddress)
  const home = join(session.home, 'jetway')
  await mkdir(home, { mode: 0o700 })
  const app = await launchDesktop({ electron: o.electron, session, home })
  const window = await app.firstWindow()
  // The window says so when the engine answers.
  await window.getByRole('heading', { name: 'Connect to Airflow' }).waitFor()
  const control = await dialControl(controlSocketPath(home))
  return {
    app,
    window,
    tray,
    browser,
    session,
    home,
    control,
    async close() {
      control.close()
      await browser.close()
      await app.close()
      tray.close()
      await session.close()
    },
  }
}
