/**
 * A desktop of its own for one test: X (Xvfb), a D-Bus session, a window manager (openbox), an unlocked
 * keyring, a fresh HOME. Every part is a child of ours and ends with `close`.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import dbus from 'dbus-next'
import { run } from '../../build/setup/run.ts'
import { Children } from './children.ts'
import { eventually } from './eventually.ts'

export interface DesktopSession {
  /** HOME; removed at the end. */
  readonly home: string
  /** For everything that runs on this desktop. */
  readonly env: Readonly<Record<string, string>>
  readonly busAddress: string
  close(): Promise<void>
}

export interface DesktopSessionOptions {
  /** Without one, an app finds no keychain. */
  readonly keyring?: boolean
  /** Whose desktop it is; of who runs the test where it is not given. */
  readonly uid?: number
}

export async function startDesktopSession({
  keyring = true,
  uid,
}: DesktopSessionOptions = {}): Promise<DesktopSession> {
  const home = await mkdtemp(join(tmpdir(), 'jetway-desktop-'))
  const children = new Children(uid)
  const close = async (): Promise<void> => {
    await children.stopAll()
    // A browser's helpers outlive it by a moment, and write into the folder until then.
    await eventually('nobody lives in this home any more', async () => !(await isInhabited(home)))
    await rm(home, { recursive: true, force: true })
  }
  try {
    const dirs = await makeDirs(home)
    if (uid !== undefined) await run('chown', ['-R', `${uid}:${uid}`, home])
    const display = await startX(children)
    const base = { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', TZ: 'UTC', ...dirs, DISPLAY: display }
    const busAddress = await startBus(children, home, base)
    const env = { ...base, DBUS_SESSION_BUS_ADDRESS: busAddress }
    if (keyring) await startKeyring(children, busAddress, env)
    children.start('openbox', [], { env, stdio: 'ignore' })
    return { home, env, busAddress, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Whether a process runs that was started with this HOME. */
async function isInhabited(home: string): Promise<boolean> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const environments = await Promise.all(
    // Of others, and of those that have just ended, it cannot be read.
    pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')),
  )
  return environments.some((environment) => environment.split('\0').includes(`HOME=${home}`))
}

async function makeDirs(home: string): Promise<Record<string, string>> {
  const dirs = {
    HOME: home,
    XDG_RUNTIME_DIR: join(home, 'run'),
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local/share'),
    XDG_CACHE_HOME: join(home, '.cache'),
  }
  for (const dir of Object.values(dirs)) await mkdir(dir, { recursive: true, mode: 0o700 })
  // Accessibility and desktop portals would each start services of their own.
  return { ...dirs, NO_AT_BRIDGE: '1', GTK_USE_PORTAL: '0', GSETTINGS_BACKEND: 'memory' }
}

/** X chooses a free display itself and says which. */
async function startX(children: Children): Promise<string> {
  const args = ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp', '-dpi', '96']
  const x = children.start('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  return `:${await firstLine(x, x.stdio[3] as Readable)}`
}

/** A bus that starts no service by itself, so that nothing runs that is not ours. */
async function startBus(
  children: Children,
  home: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const config = join(home, 'bus.conf')
  await writeFile(
    config,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=${home}/run</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    <allow user="root"/>
  </policy>
</busconfig>
`,
  )
  const args = ['--config-file', config, '--nofork', '--print-address=3']
  const bus = children.start('dbus-daemon', args, { env, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  return firstLine(bus, bus.stdio[3] as Readable)
}

async function startKeyring(
  children: Children,
  busAddress: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const owned = nameOwned(busAddress, 'org.freedesktop.secrets')
  const args = ['--foreground', '--unlock', '--components=secrets']
  const daemon = children.start('gnome-keyring-daemon', args, { env, stdio: ['pipe', 'ignore', 'ignore'] })
  daemon.stdin?.end(keyringPassword)
  await Promise.race([owned, exitedEarly(daemon)])
}

const keyringPassword = 'test'
const loginKeyring = '/org/freedesktop/secrets/collection/login'

/** Locks the keyring that `startDesktopSession` unlocked; nobody is there to be asked for its password. */
export async function lockKeyring({ busAddress }: Pick<DesktopSession, 'busAddress'>): Promise<void> {
  const bus = dbus.sessionBus({ busAddress })
  try {
    await bus.call(
      new dbus.Message({
        destination: 'org.freedesktop.secrets',
        path: '/org/freedesktop/secrets',
        interface: 'org.freedesktop.Secret.Service',
        member: 'Lock',
        signature: 'ao',
        body: [[loginKeyring]],
      }),
    )
  } finally {
    bus.disconnect()
  }
}

/** Unlocks it again, as its person does at a prompt. */
export async function unlockKeyring({ busAddress }: Pick<DesktopSession, 'busAddress'>): Promise<void> {
  const bus = dbus.sessionBus({ busAddress })
  const call = (member: string, of: string, signature: string, body: unknown[]) =>
    bus.call(
      new dbus.Message({
        destination: 'org.freedesktop.secrets',
        path: '/org/freedesktop/secrets',
        interface: of,
        member,
        signature,
        body,
      }),
    )
  try {
    const opened = await call('OpenSession', 'org.freedesktop.Secret.Service', 'sv', [
      'plain',
      new dbus.Variant('s', ''),
    ])
    const secret = [opened?.body[1], Buffer.alloc(0), Buffer.from(keyringPassword), 'text/plain']
    await call(
      'UnlockWithMasterPassword',
      'org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface',
      'o(oayays)',
      [loginKeyring, secret],
    )
  } finally {
    bus.disconnect()
  }
}

/** Settles when someone owns `name` on the bus. */
async function nameOwned(busAddress: string, name: string): Promise<void> {
  const bus = dbus.sessionBus({ busAddress })
  try {
    const owned = new Promise<void>((resolve) => {
      bus.on('message', (message: { member?: string; body: unknown[] }) => {
        if (message.member === 'NameOwnerChanged' && message.body[0] === name && message.body[2] !== '')
          resolve()
      })
    })
    const ask = (member: string, signature: string, body: unknown[]) =>
      bus.call(
        new dbus.Message({
          destination: 'org.freedesktop.DBus',
          path: '/org/freedesktop/DBus',
          interface: 'org.freedesktop.DBus',
          member,
          signature,
          body,
        }),
      )
    await ask('AddMatch', 's', [`type='signal',member='NameOwnerChanged',arg0='${name}'`])
    const has = await ask('NameHasOwner', 's', [name])
    if (has?.body[0] !== true) await owned
  } finally {
    bus.disconnect()
  }
}

async function firstLine(child: ChildProcess, stream: Readable): Promise<string> {
  const line = once(createInterface({ input: stream }), 'line') as Promise<[string]>
  const [text] = await Promise.race([line, exitedEarly(child)])
  return text
}

async function exitedEarly(child: ChildProcess): Promise<never> {
  const [code] = (await Promise.race([
    once(child, 'exit'),
    once(child, 'error').then(([error]) => Promise.reject(error)),
  ])) as [number | null]
  throw new Error(`${child.spawnfile} ended with ${code} before it was ready`)
}
