import { join } from 'node:path'

/** How the app was started. */
export interface StartOptions {
  /** `--hidden`: begin in the tray, without a window (start at login). */
  readonly hidden: boolean
  /** Where Electron keeps its own files; null for the system's usual place. */
  readonly userDataDir: string | null
}

/** Reads the command line and `JETWAY_HOME`, which keeps everything of one run in one folder. */
export function readStartOptions(argv: readonly string[], env: NodeJS.ProcessEnv): StartOptions {
  const home = env.JETWAY_HOME
  return {
    hidden: argv.includes('--hidden'),
    userDataDir: home === undefined || home === '' ? null : join(home, 'desktop'),
  }
}
