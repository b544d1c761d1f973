/** The desktop app on a desktop of its own, with tray and browser, for end-to-end tests. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ElectronApplication, Page } from 'playwright-core'
import { type ControlClient, dialControl } from '#client/control/control-client.ts'
import { controlSocketPath } from '#client/home.ts'
import { type DesktopSession, startDesktopSession } from './desktop-session.ts'
import { eventually } from './eventually.ts'
import { desktopArgs, launchDesktop } from './launch-desktop.ts'
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
  /** To the engine that the app uses. */
  readonly control: ControlClient
  /** `performance.now()` of its start. */
  readonly startedMs: number
  /** As if the person, or the system for them, started the app while it runs. */
  startAgain(...args: string[]): Promise<void>
  close(): Promise<void>
}

export interface DesktopAppOptions {
  readonly electron: string
  readonly keyring?: boolean
  /** Besides the desktop's. */
  readonly env?: Readonly<Record<string, string>>
  /** JETWAY_HOME; one that is new where not given. */
  readonly home?: string
  /** Before its start. */
  readonly prepare?: (session: DesktopSession) => Promise<void>
}

export async function startDesktopApp(o: DesktopAppOptions): Promise<DesktopApp> {
  const session = await startDesktopSession({ keyring: o.keyring ?? true })
  const browser = await SystemBrowser.install(session)
  const tray = await TrayHost.start(session.busAddress)
  const home = o.home ?? join(session.home, 'jetway')
  await mkdir(home, { recursive: true, mode: 0o700 })
  await o.prepare?.(session)
  const startedMs = performance.now()
  const app = await launchDesktop({ ...o, session, home })
  const window = await app.firstWindow()
  const control = await engineOf(home)
  return {
    app,
    window,
    tray,
    browser,
    session,
    home,
    control,
    startedMs,
    async startAgain(...args) {
      const env = { ...session.env, JETWAY_HOME: home }
      await once(spawn(o.electron, desktopArgs(args), { env, stdio: 'ignore' }), 'exit')
    },
    async close() {
      control.close()
      await browser.close()
      await app.close()
      tray.close()
      await session.close()
    },
  }
}

/** As soon as it answers. */
export function engineOf(home: string): Promise<ControlClient> {
  return eventually('the engine answers', () => dialControl(controlSocketPath(home)).catch(() => null))
}
