import { join } from 'node:path'
import { app, BrowserWindow, type IpcMainInvokeEvent, nativeTheme, screen } from 'electron'
import { log } from '../logs/log.ts'
import type { WindowPlace } from '../memory.ts'
import { pageOrigin, pageUrl } from '../security/app-protocol.ts'
import { placeOn } from './place.ts'

/** As `--surface` of the design tokens, so that the window shows its own colour before its first paint. */
const backgroundColors = { light: '#f7f8fa', dark: '#12161d' }
const firstSize = { width: 960, height: 640 }
const leastSize = { minWidth: 720, minHeight: 480 }

export interface MainWindowOptions {
  readonly icon: string
  /** Where it was last; null for nowhere yet. */
  readonly place: () => WindowPlace | null
  readonly onPlace: (place: WindowPlace) => void
  /** It was closed: nobody looks any more. */
  readonly onGone: () => void
}

/**
 * The one window. Closing it leaves the app in the tray and ends its renderer, whose memory is given back; it is created
 * at its first showing, so a start into the tray costs no renderer.
 */
export class MainWindow {
  readonly #options: MainWindowOptions
  #window: BrowserWindow | null = null
  #painted = false

  constructor(options: MainWindowOptions) {
    this.#options = options
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

  send(channel: string, told: unknown): void {
    this.#window?.webContents.send(channel, told)
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

  #create(): BrowserWindow {
    const place = this.#options.place()
    const window = new BrowserWindow({
      title: 'Jetway',
      ...leastSize,
      ...(place === null ? firstSize : placeOn(place, workAreas())),
      show: false,
      backgroundColor: background(),
      autoHideMenuBar: true,
      icon: this.#options.icon,
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
    if (place?.maximized === true) window.maximize()
    window.once('ready-to-show', () => {
      this.#painted = true
      window.show()
    })
    window.on('close', () =>
      this.#options.onPlace({ ...window.getNormalBounds(), maximized: window.isMaximized() }),
    )
    window.on('closed', () => {
      this.#window = null
      this.#painted = false
      this.#options.onGone()
    })
    window.webContents.on('before-input-event', (event, input) => {
      if (input.type !== 'keyDown' || !(input.control || input.meta)) return
      if (input.key === 'w') window.close()
      else if (input.key === 'q') app.quit()
      else return
      event.preventDefault()
    })
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      log('renderer-gone', { reason })
      // Whatever it watched it asks for anew.
      this.#options.onGone()
      if (reason !== 'clean-exit') window.webContents.reload()
    })
    void window.loadURL(pageUrl)
    return window
  }
}

function workAreas(): Electron.Rectangle[] {
  const primary = screen.getPrimaryDisplay()
  const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id)
  return [primary, ...others].map(({ workArea }) => workArea)
}

function background(): string {
  return nativeTheme.shouldUseDarkColors ? backgroundColors.dark : backgroundColors.light
}
