import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { DesktopParams, DesktopSettings } from '#shared/ipc/desktop.ts'
import { desktopSettings } from '#shared/ipc/desktop-schemas.ts'
import { JsonFile } from '../json-file.ts'

export type ChangedSettings = DesktopParams['setSettings']

const defaults: DesktopSettings = {
  startAtLogin: false,
  theme: 'system',
  notifications: true,
  proxy: 'system',
  updates: true,
}

const file = z.strictObject({ version: z.literal(1), settings: desktopSettings.partial() })

/** What the person has set, in `settings.json`. */
export class Settings {
  readonly #file: JsonFile
  /** Why they are not those that were set; null for nothing. */
  readonly problem: JetwayError | null
  #current: DesktopSettings

  private constructor(path: string, current: DesktopSettings, problem: JetwayError | null) {
    this.#file = new JsonFile(path)
    this.#current = current
    this.problem = problem
  }

  /** A file that cannot be understood is put aside as `settings.json.broken`, and the defaults count. */
  static open(folder: string): Settings {
    const path = join(folder, 'settings.json')
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch (cause) {
      const isNew = (cause as NodeJS.ErrnoException).code === 'ENOENT'
      return new Settings(path, defaults, isNew ? null : broken(path, path, cause))
    }
    try {
      return new Settings(path, { ...defaults, ...given(file.parse(JSON.parse(text)).settings) }, null)
    } catch (cause) {
      return new Settings(path, defaults, broken(path, putAside(path), cause))
    }
  }

  get current(): DesktopSettings {
    return this.#current
  }

  /** @throws SETTINGS_NOT_KEPT when they count now and will not after the next start (a retry can help) */
  async change(changed: ChangedSettings): Promise<void> {
    this.#current = { ...this.#current, ...given(changed) }
    await this.#file.write({ version: 1, settings: this.#current }).catch((cause) => {
      throw new JetwayError(
        'SETTINGS_NOT_KEPT',
        { path: this.#file.path, reason: reasonOf(cause) },
        { cause },
      )
    })
  }
}

function given(changed: ChangedSettings): Partial<DesktopSettings> {
  return Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined))
}

function putAside(path: string): string {
  const aside = `${path}.broken`
  try {
    renameSync(path, aside)
    return aside
  } catch {
    return path
  }
}

function broken(path: string, kept: string, cause: unknown): JetwayError {
  return new JetwayError('SETTINGS_BROKEN', { path, kept }, { cause })
}

function reasonOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? 'unknown'
}
