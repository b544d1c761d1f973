/** The app on a desktop of its own with tray and notifications, with an engine that shows what it is told. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ElectronApplication } from 'playwright-core'
import { controlSocketPath } from '#client/home.ts'
import { ControlDouble } from './control-double.ts'
import { type DesktopSession, startDesktopSession } from './desktop-session.ts'
import { desktopArgs, launchDesktop } from './launch-desktop.ts'
import { NotificationHost } from './notification-host.ts'
import { TrayHost } from './tray.ts'

export interface NativeDesktopOptions {
  readonly electron: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Before its first start. */
  readonly prepare?: (desktop: NativeDesktop) => Promise<void>
}

export class NativeDesktop {
  readonly session: DesktopSession
  readonly engine = new ControlDouble()
  readonly tray: TrayHost
  readonly notifications: NotificationHost
  /** JETWAY_HOME. */
  readonly home: string
  readonly #options: NativeDesktopOptions
  #app: ElectronApplication | null = null

  private constructor(
    session: DesktopSession,
    tray: TrayHost,
    notifications: NotificationHost,
    options: NativeDesktopOptions,
  ) {
    this.session = session
    this.tray = tray
    this.notifications = notifications
    this.home = join(session.home, 'jetway')
    this.#options = options
  }

  static async start(options: NativeDesktopOptions): Promise<NativeDesktop> {
    const session = await startDesktopSession({ keyring: false })
    const desktop = new NativeDesktop(
      session,
      await TrayHost.start(session.busAddress),
      await NotificationHost.start(session.busAddress),
      options,
    )
    await mkdir(desktop.userData, { recursive: true, mode: 0o700 })
    await desktop.engine.listen(controlSocketPath(desktop.home))
    await options.prepare?.(desktop)
    await desktop.launch()
    return desktop
  }

  /** Where the app keeps its own files. */
  get userData(): string {
    return join(this.home, 'desktop')
  }

  get app(): ElectronApplication {
    if (this.#app === null) throw new Error('the app is not running')
    return this.#app
  }

  async launch(args = this.#options.args ?? []): Promise<void> {
    const { electron, env = {} } = this.#options
    this.#app = await launchDesktop({ electron, session: this.session, home: this.home, args, env })
    await this.engine.whenAsked(({ method }) => method === 'watch')
  }

  /** As if the person, or the system for them, started the app while it runs. */
  async startAgain(...args: string[]): Promise<void> {
    const child: ChildProcess = spawn(this.#options.electron, desktopArgs(args), {
      env: { ...this.session.env, JETWAY_HOME: this.home },
      stdio: 'ignore',
    })
    await once(child, 'exit')
  }

  /** Quits the app; it can be launched again. */
  async quit(): Promise<void> {
    await this.app.close()
    this.#app = null
    this.engine.asked.length = 0
  }

  async close(): Promise<void> {
    await this.#app?.close()
    await this.engine.close()
    this.notifications.close()
    this.tray.close()
    await this.session.close()
  }
}
