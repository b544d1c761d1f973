import { app, dialog } from 'electron'
import { log } from '../logs/log.ts'

/**
 * Whether Chromium's sandbox was switched off. What starts an AppImage does that by itself where there are no user namespaces.
 * For root the sandbox does not work; nobody else goes without.
 */
export function isSandboxOff(): boolean {
  return app.isPackaged && process.getuid?.() !== 0 && app.commandLine.hasSwitch('no-sandbox')
}

/** Says so, and ends. */
export function refuseWithoutSandbox(): void {
  log('sandbox-missing')
  void app.whenReady().then(() => {
    dialog.showErrorBox(
      'Jetway does not run without its sandbox',
      process.platform === 'linux'
        ? 'This system allows an AppImage no user namespaces, of which the sandbox is made. Install the deb or rpm package of Jetway, which sets up what it takes.'
        : 'It was started with --no-sandbox. Start it without.',
    )
    app.exit(1)
  })
}
