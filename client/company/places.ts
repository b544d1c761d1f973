import { homedir } from 'node:os'
import { posix, win32 } from 'node:path'

const file = 'environments.yaml'

/**
 * Where a company's list of environments may be, the most general place first. Besides the person's own places only
 * those that take an administrator to write to: that is why it is not ProgramData on Windows, where everyone may make
 * a folder that is not there yet.
 */
export function companyFilePlaces(
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
  home: string = homedir(),
): string[] {
  switch (platform) {
    case 'win32':
      return [
        win32.join(env.CommonProgramFiles || 'C:\\Program Files\\Common Files', 'Jetway', file),
        win32.join(env.APPDATA || win32.join(home, 'AppData\\Roaming'), 'Jetway', file),
      ]
    case 'darwin':
      return [
        posix.join('/etc/jetway', file),
        posix.join('/Library/Application Support/Jetway', file),
        posix.join(home, 'Library/Application Support/Jetway', file),
      ]
    default: {
      // Relative ones are to be ignored (XDG Base Directory Specification).
      const folders = (env.XDG_CONFIG_DIRS || '/etc/xdg').split(':').filter(posix.isAbsolute)
      const own = env.XDG_CONFIG_HOME && posix.isAbsolute(env.XDG_CONFIG_HOME) ? env.XDG_CONFIG_HOME : null
      return [
        posix.join('/etc/jetway', file),
        ...folders.map((folder) => posix.join(folder, 'jetway', file)),
        posix.join(own ?? posix.join(home, '.config'), 'jetway', file),
      ]
    }
  }
}
