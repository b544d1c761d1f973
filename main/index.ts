import { join } from 'node:path'
import { app, clipboard, ipcMain, Menu, Notification } from 'electron'
import { asJetwayError } from '#shared/errors/jetway-error.ts'
import { desktopActions, type SignInPages } from './actions.ts'
import { dialEngine } from './engine/dial.ts'
import { EngineSupervisor } from './engine/supervisor.ts'
import { spawnEngine } from './engine/node-process.ts'
import { serveDesktop } from './ipc/manager.ts'
import { log } from './log.ts'
import { actionOf, type Notice, Notices } from './notices.ts'
import { readStartOptions } from './options.ts'
import { registerAppScheme, serveApp } from './security/app-protocol.ts'
import { lockDown } from './security/lockdown.ts'
import { openExternal } from './security/open-external.ts'
import { JetwayTray } from './tray/tray.ts'
import type { TrayAction } from './tray/tray-menu.ts'
import { MainWindow } from './window.ts'

const options = readStartOptions(process.argv, process.env)
const bundleDir = join(import.meta.dirname, '..')
const iconDir = join(bundleDir, 'icons')
const engineDir = app.isPackaged ? join(process.resourcesPath, 'engine') : join(bundleDir, '../engine')

app.setName('Jetway')
app.setAppUserModelId('io.jetway.desktop')
if (options.userDataDir !== null) app.setPath('userData', options.userDataDir)
registerAppScheme()

if (app.requestSingleInstanceLock()) {
  // Every renderer, whoever asks for one. (With --no-sandbox, which root needs, Chromium would not even start.)
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
  void app.whenReady().then(start)
} else {
  app.quit()
}

function start(): void {
  lockDown()
  serveApp(join(bundleDir, 'renderer'))
  setApplicationMenu()

  const signInPages: SignInPages = new Map()
  const notices = new Notices()
  const engine = new EngineSupervisor({
    dial: dialEngine,
    spawn: () => spawnEngine(engineDir, join(bundleDir, 'engine.json')),
    onBrowse: (environment, url) => {
      signInPages.set(environment, url)
      openExternal(url).catch((error: unknown) => log('browse-failed', { code: asJetwayError(error).code }))
    },
    onState: (state) => {
      tray.show(state)
      window.send(state)
      for (const notice of notices.next(state)) notify(notice)
    },
    onEvent: log,
  })
  const actions = desktopActions(engine, signInPages, {
    openExternal,
    copyText: (text) => clipboard.writeText(text),
  })
  const window = new MainWindow(join(iconDir, 'app.png'))
  const tray = new JetwayTray(join(iconDir, 'tray'), (action) => {
    perform(action).catch((error: unknown) =>
      log('tray-action-failed', { action: action.do, code: asJetwayError(error).code }),
    )
  })

  const perform = async (action: TrayAction): Promise<void> => {
    switch (action.do) {
      case 'openWindow':
        return window.show()
      case 'quit':
        return app.quit()
      case 'openService':
      case 'copyServiceUrl':
        await actions[action.do]({ environment: action.environment, service: action.service })
        return
      default:
        await actions[action.do]({ environment: action.environment })
    }
  }

  const notify = ({ environment, problem }: Notice): void => {
    const { title, detail, action } = problem
    const notification = new Notification({ title: `${environment}: ${title}`, body: `${detail} ${action}` })
    notification.on('click', () => {
      const method = actionOf(engine.state.environments.find(({ name }) => name === environment))
      void perform({ do: method, environment }).catch((error: unknown) =>
        log('notice-failed', { code: asJetwayError(error).code }),
      )
    })
    notification.show()
    log('notice', { environment, code: problem.code })
  }

  serveDesktop(ipcMain, actions, (event) => window.owns(event))
  tray.show(engine.state)
  engine.start()
  if (!options.hidden) window.show()

  app.on('second-instance', () => window.show())
  app.on('activate', () => window.show())
  // Without a listener Electron quits with the last window; this app lives in the tray.
  app.on('window-all-closed', () => undefined)
  endWith(engine)
}

/** Quits only after the engine has let go of its ports and said goodbye to the relay. */
function endWith(engine: EngineSupervisor): void {
  let stopped = false
  app.on('will-quit', (event) => {
    if (stopped) return
    event.preventDefault()
    void engine.stop().then(() => {
      stopped = true
      app.quit()
    })
  })
}

/** macOS takes copy, paste and quit from the menu; elsewhere the window has none. */
function setApplicationMenu(): void {
  const mac = process.platform === 'darwin'
  Menu.setApplicationMenu(
    mac ? Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }]) : null,
  )
}
