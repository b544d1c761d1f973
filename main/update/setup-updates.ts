import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { version } from '#shared/version.ts'
import type { DesktopStore } from '../desktop-store.ts'
import { log } from '../logs/log.ts'
import { openUpdateSource } from './electron-source.ts'
import { Updates } from './updates.ts'

/** Updates of this app, by the key that its package names, as the person's settings say and for everyone to see. */
export function setupUpdates(bundleDir: string, store: DesktopStore): Updates {
  const { updateKey = null } = JSON.parse(readFileSync(join(bundleDir, 'package.json'), 'utf8')) as {
    updateKey?: string
  }
  const updates = new Updates({
    source: updateKey === null ? null : openUpdateSource(),
    version,
    publicKey: updateKey,
    onState: (update) => store.change({ update }),
    onEvent: log,
  })
  updates.setWanted(store.state.settings.updates)
  store.onChange(({ settings }) => updates.setWanted(settings.updates))
  return updates
}
