import { app } from 'electron'
import electronUpdater from 'electron-updater'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { SignedUpdate } from './feed-signature.ts'
import type { UpdateSource } from './updates.ts'

/**
 * electron-updater, as this package was installed: AppImage, deb, rpm, NSIS, or a signed bundle of macOS. The feed's address
 * is in `app-update.yml` of the package.
 *
 * @returns null where it cannot update, as in development
 */
export function openUpdateSource(): UpdateSource | null {
  const updater = electronUpdater.autoUpdater
  // It says what it does to console.info, with paths in it.
  updater.logger = null
  if (!updater.isUpdaterActive()) return null
  updater.autoDownload = false
  // deb and rpm would ask for a password when the app quits.
  updater.autoInstallOnAppQuit = false
  updater.allowDowngrade = false
  updater.allowPrerelease = false
  updater.disableWebInstaller = true
  return {
    async check() {
      const result = await updater.checkForUpdates().catch(failed)
      return result?.isUpdateAvailable ? (result.updateInfo as SignedUpdate) : null
    },
    async download(onPercent) {
      const progress = ({ percent }: { percent: number }) => onPercent(Math.round(percent))
      updater.on('download-progress', progress)
      try {
        await updater.downloadUpdate().catch(failed)
      } finally {
        updater.off('download-progress', progress)
      }
    },
    install() {
      // It returns in any case, and tells only its listeners.
      const failures: Error[] = []
      const onError = (error: Error) => failures.push(error)
      updater.on('error', onError)
      // The next AppImage is started before this one ends, and would take itself for a second start.
      const isOverlapping = process.env.APPIMAGE !== undefined
      if (isOverlapping) app.releaseSingleInstanceLock()
      try {
        updater.quitAndInstall(false, true)
      } finally {
        updater.off('error', onError)
      }
      if (failures.length === 0) return
      if (isOverlapping) app.requestSingleInstanceLock()
      throw new JetwayError(
        'UPDATE_FAILED',
        { reason: 'the new version was not installed, which may take an administrator’s password' },
        { cause: failures[0] },
      )
    },
  }
}

function failed(cause: Error & { code?: unknown }): never {
  if (cause.code === 'ERR_CHECKSUM_MISMATCH')
    throw new JetwayError(
      'UPDATE_UNTRUSTED',
      { reason: 'what was downloaded is not what the feed names' },
      { cause },
    )
  throw new JetwayError('UPDATE_FAILED', { reason: reasonOf(cause) }, { cause })
}

/** Its messages hold addresses, headers and stacks. */
function reasonOf({ code, message }: { code?: unknown; message: string }): string {
  const [network] = /net::ERR_[A-Z_]+/.exec(message) ?? []
  return network ?? (typeof code === 'string' ? code : 'unknown')
}
