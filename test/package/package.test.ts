import { existsSync, globSync, readFileSync, readlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { version } from '#shared/version.ts'
import { run } from '../../build/setup/run.ts'
import { type DesktopSession, startDesktopSession } from '../support/desktop-session.ts'
import { eventually } from '../support/eventually.ts'
import { InstalledApp } from '../support/installed-app.ts'
import { installers } from '../support/installers.ts'
import { processes } from '../support/processes.ts'
import { TrayHost } from '../support/tray.ts'

interface JetwayStatus {
  readonly running: boolean
  readonly pid?: number
  readonly tokenStore?: string
}

const executable = '/opt/Jetway/jetway-desktop'
/** `nobody`: Chromium's sandbox does not work for root. */
const uid = 65_534
const nodeOfPackage = '/opt/Jetway/resources/engine/node'

/** Each kind of package on this machine, from its installation to its removal. The tests build on one another. */
describe.each(['deb', 'rpm'] as const)('%s', (format) => {
  const installer = installers[format]
  let session: DesktopSession
  let tray: TrayHost
  let home: string
  let app: InstalledApp

  beforeAll(async () => {
    await installer.install(inject('packages')[format])
    session = await startDesktopSession({ uid })
    tray = await TrayHost.start(session.busAddress)
    home = join(session.home, 'jetway')
  })
  afterAll(async () => {
    await app?.kill()
    tray?.close()
    await session?.close()
    await installer.clear()
  })

  const inSession = (...line: readonly string[]) =>
    run('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...line], {
      env: { ...session.env, JETWAY_HOME: home },
    })

  const jetwayStatus = async () =>
    JSON.parse(await inSession('sh', '-c', 'jetway status --json || true')) as JetwayStatus

  test('a desktop finds it: desktop file, icons in all sizes, jetway:// links', async () => {
    const file = '/usr/share/applications/jetway-desktop.desktop'
    await run('desktop-file-validate', [file])
    expect(await readFile(file, 'utf8')).toContain(`\nExec=${executable} %U\n`)
    const icons = globSync('/usr/share/icons/hicolor/*/apps/jetway-desktop.png').map(
      (path) => path.split('/')[5],
    )
    expect(icons.sort()).toEqual(
      [16, 24, 32, 48, 64, 128, 256, 512, 1024].map((size) => `${size}x${size}`).sort(),
    )
    const handler = await inSession('xdg-mime', 'query', 'default', 'x-scheme-handler/jetway')
    expect(handler.trim()).toBe('jetway-desktop.desktop')
    expect(await inSession('gio', 'mime', 'x-scheme-handler/jetway')).toContain('jetway-desktop.desktop')
  })

  test('what is shipped may do no more than it has to', async () => {
    const wire = await getCurrentFuseWire(executable)
    const isOn = (fuse: FuseV1Options) => String.fromCharCode(wire[fuse] as number) === '1'
    expect({
      runAsNode: isOn(FuseV1Options.RunAsNode),
      cookieEncryption: isOn(FuseV1Options.EnableCookieEncryption),
      nodeOptions: isOn(FuseV1Options.EnableNodeOptionsEnvironmentVariable),
      inspect: isOn(FuseV1Options.EnableNodeCliInspectArguments),
      asarIntegrity: isOn(FuseV1Options.EnableEmbeddedAsarIntegrityValidation),
      onlyAsar: isOn(FuseV1Options.OnlyLoadAppFromAsar),
      fileProtocol: isOn(FuseV1Options.GrantFileProtocolExtraPrivileges),
    }).toEqual({
      runAsNode: false,
      cookieEncryption: true,
      nodeOptions: false,
      inspect: false,
      asarIntegrity: true,
      onlyAsar: true,
      fileProtocol: false,
    })
    const others = globSync('/opt/Jetway/**/*', { withFileTypes: true }).filter((entry) => entry.isFile())
    const writable = await run('find', [
      '/opt/Jetway',
      '(',
      '-perm',
      '/022',
      '-o',
      '!',
      '-user',
      'root',
      ')',
      '!',
      '-type',
      'l',
    ])
    expect([others.length > 50, writable]).toEqual([true, ''])
    // Chromium's sandbox is made of user namespaces; only where there are none a program does it as root.
    const hasNamespaces = await run('unshare', ['--user', 'true']).then(
      () => true,
      () => false,
    )
    const asRoot = (await run('find', ['/opt/Jetway', '-perm', '/6000'])).trim()
    expect(asRoot).toBe(hasNamespaces ? '' : '/opt/Jetway/chrome-sandbox')
    await installer.verify()
  })

  test('it says what it is made of, and under which licences', async () => {
    const bom = JSON.parse(await readFile('/opt/Jetway/resources/sbom.cdx.json', 'utf8'))
    const names = bom.components.map(({ name }: { name: string }) => name)
    expect(names).toEqual(
      expect.arrayContaining([
        'electron',
        'node',
        'keytar',
        'electron-updater',
        'openid-client',
        'react',
        'undici',
      ]),
    )
    // Of the relay, of tests, of the build
    for (const name of ['pino', '@cedar-policy/cedar-wasm', 'vitest', 'vite'])
      expect(names).not.toContain(name)
    const licences = await readFile('/opt/Jetway/resources/THIRD-PARTY-LICENSES.txt', 'utf8')
    for (const { name, version: its } of bom.components) expect(licences).toContain(`\n${name} ${its}\n`)
    expect(existsSync('/opt/Jetway/LICENSES.chromium.html')).toBe(true)
  })

  test('jetway is on the path, and needs no Node of this machine', async () => {
    const env = { PATH: '/usr/bin:/bin', JETWAY_HOME: home, HOME: session.home }
    expect((await run('jetway', ['--version'], { env })).trim()).toBe(version)
    expect(await jetwayStatus()).toMatchObject({ running: false })
  })

  test('the installed app starts, with an engine of its own that jetway sees', async () => {
    app = new InstalledApp({
      session,
      uid,
      home,
      env: { NODE_OPTIONS: '--require /nowhere', LD_BIND_NOW: '1' },
    })
    await app.logged('the engine', ({ event }) => event === 'engine-attached')
    await tray.menu((items) => items.some(({ label }) => label === 'Quit'))
    const { running, pid, tokenStore } = await jetwayStatus()
    // The keychain's native code is there as well.
    expect([running, tokenStore]).toEqual([true, 'keychain'])
    expect(readlinkSync(`/proc/${pid}/exe`)).toBe(nodeOfPackage)
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
    expect(environment).not.toMatch(/NODE_OPTIONS|LD_BIND_NOW/)
  })

  test('its page is in Chromium’s sandbox', async () => {
    const renderer = await eventually('the page’s process', async () =>
      processes().find(({ line }) => line.includes('/jetway-desktop --type=renderer')),
    )
    const status = readFileSync(`/proc/${renderer.pid}/status`, 'utf8')
    // Its system calls are filtered, it can gain nothing, and it sees no other process.
    expect(status).toMatch(/^Seccomp:\s+2$/m)
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
    expect(readlinkSync(`/proc/${renderer.pid}/ns/pid`)).not.toBe(readlinkSync(`/proc/${app.pid}/ns/pid`))
    expect(
      processes().filter(({ line }) => line.includes('--no-sandbox') && line.includes('/opt/Jetway')),
    ).toEqual([])
  })

  test('nobody but root switches its sandbox off', async () => {
    const without = new InstalledApp({
      session,
      uid,
      home: join(session.home, 'without'),
      args: ['--no-sandbox'],
    })
    await without.logged('it refuses', ({ event }) => event === 'sandbox-missing')
    expect(existsSync(join(session.home, 'without/engine.sock'))).toBe(false)
    await without.kill()
  })

  test('it runs no script for anyone: neither as Node nor under a debugger', async () => {
    const script = "require('fs').writeFileSync('/tmp/jetway-ran', '')"
    const asNode = new InstalledApp({
      session,
      uid,
      home: join(session.home, 'other'),
      args: ['-e', script, '--inspect=127.0.0.1:0'],
      env: { ELECTRON_RUN_AS_NODE: '1' },
    })
    await asNode.logged('it starts as the app', ({ event }) => event === 'engine-attached')
    expect(existsSync('/tmp/jetway-ran')).toBe(false)
    expect(asNode.output).not.toContain('Debugger listening')
    await asNode.kill()
  })

  test('a link that is followed anywhere on the desktop arrives', async () => {
    await inSession('gio', 'open', 'jetway://nothing-we-know')
    await app.logged('the link arrived', ({ event }) => event === 'link-refused')
  })

  test('an engine that is killed is started again', async () => {
    const { pid: before } = await jetwayStatus()
    process.kill(before as number, 'SIGKILL')
    const { pid: after } = await eventually('another engine', async () => {
      const status = await jetwayStatus()
      return status.running && status.pid !== before ? status : null
    })
    expect(after).not.toBe(before)
  })

  test('an engine ends with the app, even when that is killed', async () => {
    const { pid } = await jetwayStatus()
    await app.kill()
    await eventually('the engine has ended', async () => !existsSync(`/proc/${pid}`))
    expect((await jetwayStatus()).running).toBe(false)
  })

  test('an engine that was altered is not started', async () => {
    const bundle = '/opt/Jetway/resources/engine/engine.js'
    await run('cp', ['-p', bundle, '/tmp/jetway-engine.js'])
    await run('sh', ['-c', `echo "// altered" >> ${bundle}`])
    app = new InstalledApp({ session, uid, home })
    await app.logged(
      'it refuses',
      ({ event, code }) => event === 'engine-failed' && code === 'ENGINE_ALTERED',
    )
    expect((await jetwayStatus()).running).toBe(false)
    await run('mv', ['/tmp/jetway-engine.js', bundle])
    await app.logged('it recovers', ({ event }) => event === 'engine-attached')
  })

  test('Quit in the tray ends all of it', async () => {
    await tray.click('Quit')
    expect(await app.ended()).toBe(0)
    expect((await jetwayStatus()).running).toBe(false)
  })

  test('removed, it leaves nothing but what is the person’s', async () => {
    const files = (await installer.files()).filter((path) => /jetway/i.test(path))
    expect(files.length).toBeGreaterThan(50)
    await installer.remove()
    const left = [
      ...files,
      '/usr/bin/jetway',
      '/usr/bin/jetway-desktop',
      '/etc/apparmor.d/jetway-desktop',
    ].filter((path) => existsSync(path))
    expect(left).toEqual([])
    expect(await inSession('gio', 'mime', 'x-scheme-handler/jetway')).not.toContain(
      'jetway-desktop.desktop\n',
    )
    expect(existsSync(home)).toBe(true)
  })
})
