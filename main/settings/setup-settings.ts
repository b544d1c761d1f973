import { nativeTheme } from 'electron'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import type { DesktopStore } from '../desktop-store.ts'
import { log } from '../logs/log.ts'
import type { ChangedSettings, Settings } from './settings.ts'
import { setStartAtLogin, startsAtLogin } from './start-at-login.ts'

/**
 * Makes the settings count and keeps them.
 *
 * @returns changes some of them. @throws START_AT_LOGIN_FAILED, SETTINGS_NOT_KEPT
 */
export function setupSettings(
  settings: Settings,
  store: DesktopStore,
): (changed: ChangedSettings) => Promise<void> {
  const { problem } = settings
  if (problem !== null) log('settings-broken', { path: String(problem.params.kept) })
  nativeTheme.themeSource = settings.current.theme

  const change = async (changed: ChangedSettings): Promise<void> => {
    // First, because the system can refuse it.
    if (changed.startAtLogin !== undefined) startAtLogin(changed.startAtLogin)
    const kept = settings.change(changed)
    nativeTheme.themeSource = settings.current.theme
    store.change({ settings: settings.current, settingsProblem: null })
    await kept
  }

  // What the system does counts, because it can be turned off there. An update may have moved the program.
  const wanted = startsAtLogin()
  const isOther = wanted !== settings.current.startAtLogin
  if (wanted || isOther) {
    void change({ startAtLogin: wanted }).catch((error: unknown) =>
      log('settings-not-kept', { code: asJetwayError(error).code }),
    )
  }
  return change
}

function startAtLogin(wanted: boolean): void {
  try {
    setStartAtLogin(wanted)
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown'
    throw new JetwayError('START_AT_LOGIN_FAILED', { reason }, { cause })
  }
}
