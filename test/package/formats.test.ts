import { createHash, createPublicKey } from 'node:crypto'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { parse } from 'yaml'
import { version } from '#shared/version.ts'
import { run } from '../../build/setup/run.ts'
import { isSignedBy } from '../../main/update/feed-signature.ts'

/** What the packages say of themselves, and the feed that is made with them. */
const { deb, rpm, appImage, feed, signingKey } = inject('packages')

test('the .deb', async () => {
  const field = async (name: string) => (await run('dpkg-deb', ['--field', deb, name])).trim()
  expect(basename(deb)).toBe(`jetway-${version}-linux-amd64.deb`)
  expect(await field('Package')).toBe('jetway')
  expect(await field('Version')).toBe(version)
  expect(await field('Architecture')).toBe('amd64')
  expect(await field('Section')).toBe('net')
  expect(await field('Description')).toMatch(/^Production Airflow at localhost, under your own name\n \S/)
  expect((await field('Depends')).split(', ')).toContain('libgtk-3-0 | libgtk-3-0t64')
  expect(await field('Recommends')).toBe('gnome-keyring | kwalletmanager')
  expect(Number(await field('Installed-Size'))).toBeGreaterThan(100_000)
})

test('the .rpm', async () => {
  const tags = ['NAME', 'VERSION', 'ARCH', 'LICENSE', 'GROUP', 'SUMMARY', 'PAYLOADCOMPRESSOR']
  const query = async (...args: readonly string[]) =>
    (await run('rpm', ['-q', ...args, '-p', rpm])).trim().split('\n')
  expect(basename(rpm)).toBe(`jetway-${version}-linux-x86_64.rpm`)
  expect(await query('--qf', tags.map((tag) => `%{${tag}}\n`).join(''))).toEqual([
    'jetway',
    version,
    'x86_64',
    'Apache-2.0',
    'Applications/Internet',
    'Production Airflow at localhost, under your own name',
    'zstd',
  ])
  const requires = (await query('--requires')).filter((name) => !/^(rpmlib|\/bin\/sh)/.test(name))
  const named = parse(await readFile(join(import.meta.dirname, '../../electron.builder.yml'), 'utf8')).rpm
    .depends
  expect(requires.sort()).toEqual(named.sort())
  // rpm itself fits it to what it installs on.
  expect(await run('rpm', ['-K', '--nosignature', rpm])).toContain('digests OK')
})

test('the feed names all of them as they are, and is signed for some machines, then for all', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'jetway-feed-'))
  try {
    for (const file of [deb, rpm, appImage, feed]) await cp(file, join(folder, basename(file)))
    const file = join(folder, 'latest-linux.yml')
    const { files, version: named } = parse(await readFile(file, 'utf8'))
    expect(named).toBe(version)
    expect(files.map(({ url }: { url: string }) => url).sort()).toEqual(
      [deb, rpm, appImage].map((path) => basename(path)).sort(),
    )
    for (const { url, sha512, size } of files) {
      const bytes = await readFile(join(dirname(deb), url))
      expect([createHash('sha512').update(bytes).digest('base64'), bytes.length]).toEqual([sha512, size])
    }
    const publicKey = createPublicKey(await readFile(signingKey)).export({ type: 'spki', format: 'pem' })
    for (const percent of [5, 100]) {
      await run(
        process.execPath,
        [join(import.meta.dirname, '../../build/sign-feed.ts'), file, `${percent}`],
        {
          env: { ...process.env, JETWAY_UPDATE_SIGNING_KEY: signingKey },
        },
      )
      const signed = parse(await readFile(file, 'utf8'))
      expect(signed.stagingPercentage).toBe(percent)
      expect(isSignedBy(publicKey as string, signed)).toBe(true)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
