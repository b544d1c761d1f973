import { join } from 'node:path'
import { app, BrowserWindow, type IpcMainInvokeEvent, nativeTheme } from 'electron'
import { type DesktopState, desktopChannels } from '#shared/ipc/desktop.ts'
import { log } from './log.ts'
import { pageOrigin, pageUrl } from './security/app-protocol.ts'

/** As `--surface` of the design tokens, so that the window shows its own colour before its first paint. */
const backgroundColors = { light: '#f5f6f8', dark: '#12161d' }

/**
 * The one window. Closing it leaves the app in the tray: it is hidden then, and shown again at once. Created at
 * its first showing, so a start into the tray costs no renderer.
 */
export class MainWindow {
  readonly #icon: string
  #window: BrowserWindow | null = null
  #quitting = false

  constructor(icon: string) {
    this.#icon = icon
    app.on('before-quit', () => {
      this.#quitting = true
    })
    nativeTheme.on('updated', () => this.#window?.setBackgroundColor(background()))
  }

  show(): void {
    this.#window ??= this.#create()
    if (this.#window.isMinimized()) this.#window.restore()
    // Before its first paint `ready-to-show` shows it, without a white flash.
    if (this.#painted) {
      this.#window.show()
      this.#window.focus()
    }
  }

  send(state: DesktopState): void {
    this.#window?.webContents.send(desktopChannels.state, state)
  }

  /** Whether a request comes from our page in the main frame of our window. */
  owns(event: IpcMainInvokeEvent): boolean {
    const frame = event.senderFrame
    return (
      frame !== null &&
      this.#window !== null &&
      frame === this.#window.webContents.mainFrame &&
      frame.url.startsWith(pageOrigin)
    )
  }

  #painted = false

  #create(): BrowserWindow {
    const window = new BrowserWindow({
      title: 'Jetway',
      width: 960,
      height: 640,
      minWidth: 720,
      minHeight: 480,
      show: false,
      backgroundColor: background(),
      autoHideMenuBar: true,
      icon: this.#icon,
      fullscreenable: false,
      webPreferences: {
        preload: join(import.meta.dirname, '../preload/preload.cjs'),
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webviewTag: false,
        spellcheck: false,
        devTools: !app.isPackaged,
      },
    })
    window.removeMenu()
    window.once('ready-to-show', () => {
      this.#painted = true
      window.show()
    })
    window.on('close', (event) => {
      if (this.#quitting) return
      event.preventDefault()
      window.hide()
    })
    window.on('closed', () => {
      this.#window = null
      this.#painted = false
    })
    window.webContents.on('before-input-event', (event, input) => {
      if (input.type !== 'keyDown' || !(input.control || input.meta)) return
      if (input.key === 'w') window.close()
      else if (input.key === 'q') app.quit()
      else return
      event.preventDefault()
    })
    window.webContents.on('render-process-gone', (_event, details) => {
      log('renderer-gone', { reason: details.reason })
      if (details.reason !== 'clean-exit') window.webContents.reload()
    })
    void window.loadURL(pageUrl)
    return window
  }
}

function background(): string {
  return nativeTheme.shouldUseDarkColors ? backgroundColors.dark : backgroundColors.light
}
