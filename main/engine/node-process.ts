import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { checkEngineFiles } from './engine-files.ts'
import type { EngineProcess } from './link.ts'

const nodeName = process.platform === 'win32' ? 'node.exe' : 'node'

/**
 * Starts the engine with the Node of this package, which `jetway` on the command line uses too. It says `ready` once its
 * control socket listens, and ends when the channel to this process closes: it never outlives the app.
 *
 * @param folder holds that Node and the engine's bundle
 * @param manifestFile the digests of both, inside of the app's own archive
 * @param onLine takes what it logs, line by line
 * @throws ENGINE_ALTERED
 */
export async function spawnEngine(
  folder: string,
  manifestFile: string,
  onLine: (line: string) => void,
): Promise<EngineProcess> {
  await checkEngineFiles(folder, manifestFile)
  // As jetway and jetway-relay: docs/performance.md
  const args = ['--max-semi-space-size=2', join(folder, 'engine.js')]
  const child = spawn(join(folder, nodeName), args, {
    env: engineEnvironment(process.env),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    windowsHide: true,
  })
  createInterface({ input: child.stderr as Readable }).on('line', onLine)
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1))
    // It could not be started.
    child.once('error', () => resolve(1))
  })
  const listening = new Promise<void>((resolve) => child.once('message', () => resolve()))
  return {
    exited,
    ready: Promise.race([listening, exited.then(() => undefined)]),
    kill: () => {
      child.kill('SIGKILL')
    },
  }
}

/**
 * What the engine may know of this process's environment. Everything else is left out: some of it makes Node or the
 * libraries under it run other code (NODE_OPTIONS, LD_PRELOAD, OPENSSL_CONF, GIO_EXTRA_MODULES, …).
 */
const passed = [
  // Where its files are, in which language, and who it is for
  /^(HOME|USER|LOGNAME|PATH|LANG|LC_[A-Z]+|TZ|TMPDIR|JETWAY_HOME|XDG_[A-Z_]+)$/,
  // The keychain, which may ask to be unlocked
  /^(DBUS_SESSION_BUS_ADDRESS|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|GNOME_KEYRING_CONTROL)$/,
  // The network, and whom it trusts there: docs/network.md
  /^(HTTP_PROXY|HTTPS_PROXY|ALL_PROXY|NO_PROXY|SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS)$/i,
  /^AWS_[A-Z0-9_]+$/,
]

/** Windows's names may be written in any case. */
const passedOnWindows =
  /^(SystemRoot|SystemDrive|windir|ComSpec|PATHEXT|TEMP|TMP|USERNAME|USERDOMAIN|USERPROFILE|HOMEDRIVE|HOMEPATH|APPDATA|LOCALAPPDATA|ProgramData|ProgramFiles|COMPUTERNAME)$/i

export function engineEnvironment(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): NodeJS.ProcessEnv {
  const patterns = platform === 'win32' ? [...passed, passedOnWindows, /^path$/i] : passed
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => patterns.some((pattern) => pattern.test(name))),
  )
}
