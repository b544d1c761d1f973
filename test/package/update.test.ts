import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { version } from '#shared/version.ts'
import { run } from '../../build/setup/run.ts'
import { type DesktopSession, startDesktopSession } from '../support/desktop-session.ts'
import { eventually } from '../support/eventually.ts'
import { InstalledApp } from '../support/installed-app.ts'
import { installers, rpmDatabase } from '../support/installers.ts'
import { nextVersion } from '../support/package-setup.ts'
import { TrayHost } from '../support/tray.ts'
import { UpdateFeed } from '../support/update-feed.ts'

/** The installed app and a feed of its updates. */
const { deb, next, feedPort, signingKey, ...packages } = inject('packages')
const debPath = `/${basename(next.deb)}`
let session: DesktopSession
let feed: UpdateFeed
let home: string

beforeAll(async () => {
  feed = new UpdateFeed(Object.values(next))
  await feed.listen(feedPort)
})
afterAll(() => feed?.close())
beforeEach(async () => {
  session = await startDesktopSession({ keyring: false })
  home = join(session.home, 'jetway')
  await mkdir(home, { mode: 0o700 })
})
afterEach(() => session?.close())

describe('what a feed may not do', () => {
  let app: InstalledApp
  beforeAll(() => installers.deb.install(deb))
  afterAll(() => installers.deb.clear())
  afterEach(() => app?.kill())

  test.each([
    [
      'a signature of nobody',
      (shown: object) => ({ ...shown, signature: Buffer.alloc(64).toString('base64') }),
    ],
    ['no signature', (shown: object) => ({ ...shown, signature: undefined })],
    ['another version than was signed', (shown: object) => ({ ...shown, version: '100.0.0' })],
  ])('%s: nothing is downloaded', async (_, change) => {
    await feed.show(nextVersion, signingKey, change)
    app = new InstalledApp({ session, home })
    await app.logged(
      'it is refused',
      ({ event, code }) => event === 'update-failed' && code === 'UPDATE_UNTRUSTED',
    )
    expect(feed.asked).not.toContain(debPath)
  })

  test('a package that is not the one whose hash was signed is refused, and not kept', async () => {
    await feed.show(nextVersion, signingKey)
    feed.sends.set(debPath, deb)
    app = new InstalledApp({ session, home })
    await app.logged(
      'it is refused',
      ({ event, code }) => event === 'update-failed' && code === 'UPDATE_UNTRUSTED',
    )
    feed.sends.set(debPath, next.deb)
    expect(feed.asked).toContain(debPath)
    expect(await run('find', [session.home, '-name', '*.deb'])).toBe('')
  })

  test('an older version is no update', async () => {
    await feed.show('0.0.1', signingKey)
    app = new InstalledApp({ session, home })
    await noUpdateOf(app)
  })
})

/** It has asked, and runs on as it was. */
async function noUpdateOf(app: InstalledApp): Promise<void> {
  await eventually('it asked', async () => feed.asked.includes('/latest-linux.yml'))
  await app.logged('it runs', ({ event }) => event === 'engine-attached')
  expect(app.log.filter(({ event }) => event.startsWith('update-'))).toEqual([])
  expect(feed.asked.filter((path) => path !== '/latest-linux.yml')).toEqual([])
}

describe.each(['deb', 'rpm'] as const)('%s', (format) => {
  const { install, installedVersion, clear } = installers[format]
  beforeAll(() => install({ deb, ...packages }[format]))
  afterAll(clear)

  test('somebody who may not install it is told so; the old one runs on, and offers it again', async () => {
    const uid = 65_534
    const theirs = await startDesktopSession({ uid, keyring: false })
    const tray = await TrayHost.start(theirs.busAddress)
    await feed.show(nextVersion, signingKey)
    const app = new InstalledApp({ session: theirs, uid, home: join(theirs.home, 'jetway') })
    try {
      await app.logged('it is there', ({ event }) => event === 'update-ready')
      await tray.click(`Update to ${nextVersion} and restart`)
      await app.logged(
        'it says so',
        ({ event, code }) => event === 'update-not-installed' && code === 'UPDATE_FAILED',
      )
      await tray.menu((items) => items.some(({ label }) => label === `Update to ${nextVersion} and restart`))
      expect(await installedVersion()).toBe(version)
    } finally {
      await app.kill()
      tray.close()
      await theirs.close()
    }
  })

  test('an update that is staged for others is none', async () => {
    await feed.show(nextVersion, signingKey, (shown) => ({ ...shown, stagingPercentage: 0 }))
    const app = new InstalledApp({ session, home })
    await noUpdateOf(app)
    await app.kill()
  })

  test('the next version is found by all machines, and installed when the person says so', async () => {
    await feed.show(nextVersion, signingKey, (shown) => ({ ...shown, stagingPercentage: 100 }))
    // The app calls rpm itself.
    await writeFile(join(session.home, '.rpmmacros'), `%_dbpath ${rpmDatabase}\n`)
    const tray = await TrayHost.start(session.busAddress)
    const app = new InstalledApp({ session, home })
    try {
      await app.logged('it is there', (line) => line.event === 'update-ready' && line.version === nextVersion)
      expect(feed.asked.filter((path) => path !== '/latest-linux.yml')).toEqual([
        `/${basename(next[format])}`,
      ])
      expect(await installedVersion()).toBe(version)
      await tray.click(`Update to ${nextVersion} and restart`)
      // It installs before it ends.
      expect(await app.ended()).toBe(0)
      expect(await installedVersion()).toBe(nextVersion)
      // The old one's removal took nothing of the new one's.
      expect((await run('/usr/bin/jetway', ['--version'])).trim()).toBe(version)
      // It has started itself again. The old one's icon goes meanwhile.
      const quit = () =>
        tray.click('Quit').then(
          () => true,
          () => false,
        )
      await eventually('it quits', quit)
    } finally {
      await app.kill()
      tray.close()
    }
  })
})
