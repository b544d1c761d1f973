import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { version } from '#shared/version.ts'
import { run } from '../../build/setup/run.ts'
import { type DesktopSession, startDesktopSession } from '../support/desktop-session.ts'
import { eventually } from '../support/eventually.ts'
import { InstalledApp } from '../support/installed-app.ts'
import { nextVersion } from '../support/package-setup.ts'
import { TrayHost } from '../support/tray.ts'
import { UpdateFeed } from '../support/update-feed.ts'

/** The installed app and a feed of its updates. */
const { deb, nextDeb, feedPort, signingKey } = inject('package')
const debPath = `/${basename(nextDeb)}`
let session: DesktopSession
let feed: UpdateFeed
let home: string

beforeAll(async () => {
  await run('dpkg', ['-i', deb])
  feed = new UpdateFeed(nextDeb)
  await feed.listen(feedPort)
})
afterAll(async () => {
  await feed?.close()
  await run('dpkg', ['--purge', 'jetway'])
})
beforeEach(async () => {
  session = await startDesktopSession({ keyring: false })
  home = join(session.home, 'jetway')
  await mkdir(home, { mode: 0o700 })
})
afterEach(() => session?.close())

const installedVersion = async () =>
  (await run('dpkg-query', ['-W', '-f', '$' + '{Version}', 'jetway'])).trim()

describe('what a feed may not do', () => {
  let app: InstalledApp
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
    feed.sends = deb
    app = new InstalledApp({ session, home })
    await app.logged(
      'it is refused',
      ({ event, code }) => event === 'update-failed' && code === 'UPDATE_UNTRUSTED',
    )
    feed.sends = nextDeb
    expect(feed.asked).toContain(debPath)
    expect(await run('find', [session.home, '-name', '*.deb'])).toBe('')
  })

  test('an older version is no update, and neither is one that is staged for others', async () => {
    await feed.show('0.0.1', signingKey)
    app = new InstalledApp({ session, home })
    await eventually('it asked', async () => feed.asked.includes('/latest-linux.yml'))
    await app.logged('it runs', ({ event }) => event === 'engine-attached')
    await app.kill()
    await feed.show(nextVersion, signingKey, (shown) => ({ ...shown, stagingPercentage: 0 }))
    app = new InstalledApp({ session, home })
    await eventually('it asked', async () => feed.asked.includes('/latest-linux.yml'))
    await app.logged('it runs', ({ event }) => event === 'engine-attached')
    expect(app.log.filter(({ event }) => event.startsWith('update-'))).toEqual([])
    expect(feed.asked).not.toContain(debPath)
  })
})

test('the next version is found by all machines, and installed when the person says so', async () => {
  await feed.show(nextVersion, signingKey, (shown) => ({ ...shown, stagingPercentage: 100 }))
  const tray = await TrayHost.start(session.busAddress)
  const app = new InstalledApp({ session, home })
  try {
    await app.logged('it is there', (line) => line.event === 'update-ready' && line.version === nextVersion)
    expect(await installedVersion()).toBe(version)
    await tray.click(`Update to ${nextVersion} and restart`)
    await eventually('it is installed', async () => (await installedVersion()) === nextVersion)
    expect(await app.ended()).toBe(0)
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
