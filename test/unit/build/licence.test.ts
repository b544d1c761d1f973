import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageFolderOf } from '../../../build/bundled-packages.ts'
import { mayBeShipped } from '../../../build/notices/licence.ts'
import { readPackages } from '../../../build/notices/packages.ts'

test.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0-only)', true],
  ['MIT AND Apache-2.0', true],
  ['(MIT AND GPL-2.0-only) OR ISC', true],
  ['GPL-3.0-only', false],
  ['MIT AND GPL-3.0-only', false],
  ['(MIT', false],
  ['MIT ISC', false],
  ['SEE LICENSE IN LICENSE.md', false],
  ['UNLICENSED', false],
  ['', false],
])('%s: %s', (expression, expected) => expect(mayBeShipped(expression)).toBe(expected))

test('a package that may not be shipped, and one that does not say, are named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'jetway-licences-'))
  try {
    const add = async (name: string, about: object) => {
      const path = join(folder, 'node_modules', name)
      await mkdir(path, { recursive: true })
      await writeFile(join(path, 'package.json'), JSON.stringify({ name, version: '1.0.0', ...about }))
      await writeFile(join(path, 'LICENSE'), `the licence of ${name}`)
      return path
    }
    const good = await add('good', { license: 'MIT' })
    expect(await readPackages([good])).toMatchObject([{ name: 'good', texts: ['the licence of good'] }])
    const bad = [await add('@some/bad', { license: 'AGPL-3.0-only' }), await add('silent', {})]
    await expect(readPackages([good, ...bad])).rejects.toThrow(
      'May not be shipped: @some/bad@1.0.0 (AGPL-3.0-only), silent@1.0.0 (no licence)',
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a module belongs to the innermost package', () => {
  expect(packageFolderOf('/r/node_modules/@a/b/node_modules/c/lib/x.js')).toBe(
    '/r/node_modules/@a/b/node_modules/c',
  )
  expect(packageFolderOf('\0/r/node_modules/@a/b/x.js?commonjs')).toBe('/r/node_modules/@a/b')
  expect(packageFolderOf('/r/main/index.ts')).toBeNull()
})
