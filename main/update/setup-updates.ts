import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UpdateState } from '#shared/ipc/desktop.ts'
import { version } from '#shared/version.ts'
import { log } from '../log.ts'
import { openUpdateSource } from './electron-source.ts'
import { Updates } from './updates.ts'

/**
 * Updates of this app, with the key that its package names. What it finds goes to `onState`.
 *
 * @param bundleDir has the package's own package.json, inside of the archive
 */
export function setupUpdates(bundleDir: string, onState: (state: UpdateState) => void): Updates {
  const { updateKey = null } = JSON.parse(readFileSync(join(bundleDir, 'package.json'), 'utf8')) as {
    updateKey?: string
  }
  const source = updateKey === null ? null : openUpdateSource()
  return new Updates({ source, version, publicKey: updateKey, onState, onEvent: log })
}
