import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { homedir, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** sockaddr_un holds 108 bytes on Linux and 104 on macOS, the ending zero included. */
const maxSocketPathBytes = 103

/** Where the engine of this person keeps its state: `JETWAY_HOME`, or the system's place for such files. */
export function jetwayHome(env: NodeJS.ProcessEnv = process.env): string {
  if (env.JETWAY_HOME) return env.JETWAY_HOME
  switch (process.platform) {
    case 'darwin':
      return join(homedir(), 'Library/Application Support/Jetway')
    case 'win32':
      return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData/Local'), 'Jetway')
    default:
      return join(env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'jetway')
  }
}

/** Makes the folder, for its owner alone. */
export function makeHome(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 })
}

/** The control socket of the engine that keeps its state in `home`; a named pipe on Windows. */
export function controlSocketPath(home: string): string {
  const digest = () => createHash('sha256').update(home).digest('hex').slice(0, 16)
  if (process.platform === 'win32') return `\\\\.\\pipe\\jetway-${userInfo().username}-${digest()}`
  const path = join(home, 'engine.sock')
  return Buffer.byteLength(path) <= maxSocketPathBytes
    ? path
    : join(tmpdir(), `jetway-${userInfo().uid}-${digest()}`, 'engine.sock')
}
