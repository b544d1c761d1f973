import { chmodSync, existsSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { version } from '#shared/version.ts'
import { run } from '../../build/setup/run.ts'
import { autostartEntry } from '../../main/settings/autostart-entry.ts'
import { type DesktopSession, startDesktopSession } from '../support/desktop-session.ts'
import { eventually } from '../support/eventually.ts'
import { InstalledApp } from '../support/installed-app.ts'
import { nextVersion } from '../support/package-setup.ts'
import { processes } from '../support/processes.ts'
import { TrayHost } from '../support/tray.ts'
import { UpdateFeed } from '../support/update-feed.ts'

/** The AppImage as somebody has it who installs nothing: a file of theirs, that mounts itself. */
const { appImage, next, unpacked, feedPort, signingKey } = inject('packages')
const uid = 65_534
const plainName = 'Jetway.AppImage'

describe('what is in it', () => {
  let content: string
  beforeAll(async () => {
    content = await mkdtemp(join(tmpdir(), 'jetway-appimage-'))
    const offset = (await run(appImage, ['--appimage-offset'])).trim()
    await run('unsquashfs', ['-quiet', '-no-progress', '-f', '-o', offset, '-d', content, appImage])
  })
  afterAll(() => rm(content, { recursive: true, force: true }))

  test('it is an AppImage of type 2', async () => {
    expect(readFileSync(appImage).subarray(8, 11).toString('latin1')).toBe('AI\x02')
    expect(basename(appImage)).toBe(`jetway-${version}-linux-x86_64.AppImage`)
  })

  test('a desktop finds it, and starts it with its sandbox', async () => {
    const file = join(content, 'jetway-desktop.desktop')
    await run('desktop-file-validate', [file])
    const entry = readFileSync(file, 'utf8')
    expect(entry).toContain('\nExec=AppRun %U\n')
    expect(entry).toContain('\nMimeType=x-scheme-handler/jetway;\n')
    expect(await readdir(join(content, 'usr/share/icons/hicolor'))).toHaveLength(9)
    expect(existsSync(join(content, '.DirIcon'))).toBe(true)
  })

  test('all else is what the other packages have, as it was checked there', async () => {
    const differing = await run('diff', ['-rq', '--no-dereference', unpacked, content]).catch(
      (error: Error) => error.message,
    )
    const lines = differing
      .split('\n')
      .slice(1)
      .map((line) => line.replace(unpacked, 'folder').replace(content, 'image'))
    expect(lines.sort()).toEqual(
      [
        // What a deb and an rpm are known by: an AppImage with it would be updated as one of them.
        'Only in folder/resources: apparmor-profile',
        'Only in folder/resources: package-type',
        ...['.DirIcon', 'AppRun', 'jetway-desktop.desktop', 'jetway-desktop.png', 'usr'].map(
          (name) => `Only in image: ${name}`,
        ),
      ].sort(),
    )
  })
})

describe('as nobody starts it', () => {
  let session: DesktopSession
  let tray: TrayHost
  let home: string
  let file: string
  let app: InstalledApp
  const start = () => new InstalledApp({ session, uid, home, executable: file })

  // For everyone, as udev makes it; machines without udev have it for root alone.
  const device = '/dev/fuse'
  const { mode } = statSync(device)
  beforeAll(() => chmodSync(device, 0o666))
  afterAll(() => chmodSync(device, mode))
  beforeEach(async () => {
    session = await startDesktopSession({ uid, keyring: false })
    tray = await TrayHost.start(session.busAddress)
    home = join(session.home, 'jetway')
    const folder = join(session.home, 'Applications')
    file = join(folder, plainName)
    await mkdir(folder)
    await copyFile(appImage, file)
    chmodSync(file, 0o755)
    await run('chown', ['-R', `${uid}:${uid}`, folder])
  })
  afterEach(async () => {
    await app?.kill()
    tray?.close()
    await session?.close()
  })

  test('it starts out of itself, its page in the sandbox, and is gone when it ends', async () => {
    app = start()
    await app.logged('the engine', ({ event }) => event === 'engine-attached')
    const engine = processes().find(({ line }) => /\.mount_\w+\/resources\/engine\/node /.test(line))
    const folder = readlinkSync(`/proc/${engine?.pid}/exe`).replace('/resources/engine/node', '')
    expect(mountsAt(folder)).toBe(1)
    const renderer = await eventually('the page’s process', async () =>
      processes().find(({ line }) => line.startsWith(`${folder}/jetway-desktop --type=renderer`)),
    )
    const status = readFileSync(`/proc/${renderer.pid}/status`, 'utf8')
    expect(status).toMatch(/^Seccomp:\s+2$/m)
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
    expect(processes().filter(({ line }) => line.includes(folder) && line.includes('--no-sandbox'))).toEqual(
      [],
    )
    await tray.click('Quit')
    expect(await app.ended()).toBe(0)
    await eventually('nothing is mounted', async () => mountsAt(folder) === 0 && !existsSync(folder))
  })

  test('where nothing can be its sandbox, it says so and does not run', async () => {
    // The kernel gives no user namespaces to a process whose root is another folder. What starts the app sees that.
    const root = join(session.home, 'root')
    await mkdir(root)
    const enter = `mount --rbind / "$0" && exec chroot --userspec=${uid}:${uid} "$0" "$@"`
    app = new InstalledApp({
      session,
      home,
      executable: file,
      by: ['unshare', '--mount', 'sh', '-c', enter, root],
    })
    await app.logged('it refuses', ({ event }) => event === 'sandbox-missing')
    const own = processes().filter(({ line }) => /\.mount_\w+\//.test(line))
    expect(own.filter(({ line }) => line.includes('--no-sandbox')).length).toBeGreaterThan(0)
    expect(own.filter(({ line }) => /--type=renderer|engine\.js/.test(line))).toEqual([])
    expect(existsSync(join(home, 'engine.sock'))).toBe(false)
  })

  describe('updates', () => {
    let feed: UpdateFeed
    beforeEach(async () => {
      feed = new UpdateFeed(Object.values(next))
      await feed.listen(feedPort)
    })
    afterEach(() => feed?.close())
    const downloads = () => feed.asked.filter((path) => path !== '/latest-linux.yml')

    test('one that is staged for others is none', async () => {
      await feed.show(nextVersion, signingKey, (shown) => ({ ...shown, stagingPercentage: 0 }))
      app = start()
      await eventually('it asked', async () => feed.asked.includes('/latest-linux.yml'))
      await app.logged('it runs', ({ event }) => event === 'engine-attached')
      expect(app.log.filter(({ event }) => event.startsWith('update-'))).toEqual([])
      expect(downloads()).toEqual([])
    })

    test('one that nobody has signed is not downloaded', async () => {
      await feed.show(nextVersion, signingKey, (shown) => ({ ...shown, signature: undefined }))
      app = start()
      await app.logged('it is refused', ({ code }) => code === 'UPDATE_UNTRUSTED')
      expect(downloads()).toEqual([])
    })

    test('one that is not the file whose hash was signed is not kept', async () => {
      await feed.show(nextVersion, signingKey)
      feed.sends.set(`/${basename(next.appImage)}`, appImage)
      app = start()
      await app.logged('it is refused', ({ code }) => code === 'UPDATE_UNTRUSTED')
      expect(await run('find', [session.home, '-name', '*.AppImage'])).toBe(`${file}\n`)
    })

    const offered = async () => {
      await feed.show(nextVersion, signingKey, (shown) => ({ ...shown, stagingPercentage: 100 }))
      app = start()
      await app.logged('it is there', (line) => line.event === 'update-ready' && line.version === nextVersion)
      expect(new Set(downloads())).toEqual(new Set([`/${basename(next.appImage)}`]))
      expect(statSync(file).size).toBe(statSync(appImage).size)
      await tray.click(`Update to ${nextVersion} and restart`)
    }

    test.each([
      // One without a version keeps its name.
      [plainName, plainName],
      [basename(appImage), basename(next.appImage)],
    ])(
      'the next version takes the place of %s as %s, starts, and is what starts at login',
      async (name, becomes) => {
        const folder = dirname(file)
        file = join(folder, name)
        await rename(join(folder, plainName), file)
        const entry = join(session.env.XDG_CONFIG_HOME as string, 'autostart/jetway.desktop')
        await mkdir(dirname(entry))
        await writeFile(entry, autostartEntry([file, '--hidden']))
        await run('chown', ['-R', `${uid}:${uid}`, dirname(entry)])
        await offered()
        expect(await app.ended()).toBe(0)
        expect(await readdir(folder)).toEqual([becomes])
        expect((await readFile(join(folder, becomes))).equals(await readFile(next.appImage))).toBe(true)
        const current = autostartEntry([join(folder, becomes), '--hidden'])
        await eventually('it starts at login', async () => (await readFile(entry, 'utf8')) === current)
        const quit = () =>
          tray.click('Quit').then(
            () => true,
            () => false,
          )
        await eventually('the new one runs, and quits', quit)
      },
    )

    test('in a folder of somebody else it is told so, and the old one stays', async () => {
      await run('chown', ['root:root', dirname(file)])
      await offered()
      await app.logged('it says so', ({ event }) => event === 'update-not-installed')
      expect((await readFile(file)).equals(await readFile(appImage))).toBe(true)
      await tray.menu((items) => items.some(({ label }) => label === `Update to ${nextVersion} and restart`))
    })
  })
})

function mountsAt(folder: string): number {
  return readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.split(' ')[1] === folder).length
}
