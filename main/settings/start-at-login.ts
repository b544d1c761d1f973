import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { app } from 'electron'
import { autostartEntry, isEnabledEntry } from './autostart-entry.ts'

/** Whether the system starts Jetway at login; it may have been changed there as well. */
export function startsAtLogin(): boolean {
  if (process.platform !== 'linux') return app.getLoginItemSettings({ args: hidden }).openAtLogin
  try {
    return isEnabledEntry(readFileSync(autostartPath(), 'utf8'))
  } catch {
    return false
  }
}

/** @throws what the file system reports */
export function setStartAtLogin(wanted: boolean): void {
  if (process.platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: wanted, args: hidden })
    return
  }
  const path = autostartPath()
  if (!wanted) {
    rmSync(path, { force: true })
    return
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, autostartEntry([...command(), ...hidden]))
}

const hidden = ['--hidden']

function autostartPath(): string {
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'autostart/jetway.desktop')
}

/** An AppImage is started by its own file: what it runs from is gone after the run. */
function command(): string[] {
  const { APPIMAGE } = process.env
  if (APPIMAGE) return [APPIMAGE]
  return app.isPackaged ? [process.execPath] : [process.execPath, app.getAppPath()]
}
