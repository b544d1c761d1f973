/** The window of the real app, with an engine that shows and answers what a test wants. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ElectronApplication, Page } from 'playwright-core'
import { controlSocketPath } from '#client/home.ts'
import type { EngineStatus, EnvironmentStatus } from '#shared/ipc/control.ts'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import { ControlDouble } from './control-double.ts'
import { type DesktopSession, startDesktopSession } from './desktop-session.ts'
import { eventually } from './eventually.ts'
import { launchDesktop } from './launch-desktop.ts'
import { TrayHost } from './tray.ts'

/** What the main process tells of itself: a test can have it say something else. */
export type MainState = Partial<DesktopState>

export interface DesktopWindow {
  readonly app: ElectronApplication
  readonly page: Page
  readonly engine: ControlDouble
  readonly tray: TrayHost
  /** What went wrong in the page, and is to stay empty. */
  readonly errors: readonly Error[]
  readonly session: DesktopSession
  /** Shows environments, and until the next call `main` in place of what main says otherwise. */
  show(
    environments: readonly EnvironmentStatus[],
    o?: { readonly engine?: Partial<EngineStatus>; readonly main?: MainState },
  ): Promise<void>
  close(): Promise<void>
}

export async function openDesktopWindow(electron: string): Promise<DesktopWindow> {
  const session = await startDesktopSession({ keyring: false })
  const home = join(session.home, 'jetway')
  await mkdir(home, { mode: 0o700 })
  const engine = new ControlDouble()
  await engine.listen(controlSocketPath(home))
  const tray = await TrayHost.start(session.busAddress)
  const app = await launchDesktop({ electron, session, home })
  const page = await app.firstWindow()
  page.setDefaultTimeout(8_000)
  const errors: Error[] = []
  page.on('pageerror', (error) => errors.push(error))
  await engine.whenAsked(({ method }) => method === 'watch')
  await listenToMain(app)
  return {
    app,
    page,
    engine,
    tray,
    errors,
    session,
    async show(environments, { engine: status = {}, main = {} } = {}) {
      await say(app, main)
      engine.show(environments, status)
      await eventually(
        'main has heard of it',
        async () => (await environmentsOf(app)) === JSON.stringify(environments),
      )
    },
    async close() {
      await app.close()
      await engine.close()
      tray.close()
      await session.close()
    },
  }
}

/** Kept in the main process: what it told the page last, and what goes over it. */
interface Heard {
  last?: DesktopState
  instead?: object
}

/** From here on the page is told what main says, with `instead` over it. */
function listenToMain(app: ElectronApplication): Promise<void> {
  return app.evaluate(({ BrowserWindow, ipcMain }) => {
    const heard = globalThis as Heard
    for (const { webContents } of BrowserWindow.getAllWindows()) {
      const send = webContents.send.bind(webContents)
      webContents.send = (channel, told, ...more) => {
        if (channel !== 'jetway:state') return send(channel, told, ...more)
        // A page that asks before anything was told gets main's own answer.
        if (heard.last === undefined) {
          ipcMain.removeHandler('jetway:getState')
          ipcMain.handle('jetway:getState', () => ({ ok: true, value: { ...heard.last, ...heard.instead } }))
        }
        heard.last = told
        send(channel, { ...told, ...heard.instead })
      }
    }
  })
}

async function say(app: ElectronApplication, instead: object): Promise<void> {
  await eventually('main takes it', () =>
    tried(
      app.evaluate((_electron, given) => {
        ;(globalThis as Heard).instead = given
        return true
      }, instead),
    ),
  )
}

function environmentsOf(app: ElectronApplication): Promise<string | null> {
  return tried(app.evaluate(() => JSON.stringify((globalThis as Heard).last?.environments)))
}

/** Now and then Electron's garbage collection takes an answer away before Playwright has it. */
function tried<T>(answer: Promise<T>): Promise<T | null> {
  return answer.catch(() => null)
}
