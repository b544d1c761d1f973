import { spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { isSignedBy } from '../../../main/update/feed-signature.ts'

const script = join(import.meta.dirname, '../../../build/sign-feed.ts')
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
let folder: string
let feed: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jetway-feed-'))
  feed = join(folder, 'latest-linux.yml')
  await writeFile(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await writeFile(join(folder, 'jetway.deb'), 'the package')
  const sha512 = createHash('sha512').update('the package').digest('base64')
  const files = [{ url: 'jetway.deb', sha512, size: 11 }]
  await writeFile(
    feed,
    stringify({ version: '1.2.3', files, path: 'jetway.deb', sha512, releaseDate: 'today' }),
  )
})
afterAll(() => rm(folder, { recursive: true }))

const sign = (...args: string[]) =>
  spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    env: { ...process.env, JETWAY_UPDATE_SIGNING_KEY: join(folder, 'key.pem') },
  })

test('a feed is signed for some machines, then for all, and stays what it was otherwise', async () => {
  for (const [args, percent] of [
    [[feed, '5'], 5],
    [[feed], 100],
  ] as const) {
    expect(sign(...args).status).toBe(0)
    const signed = parse(await readFile(feed, 'utf8'))
    expect(signed).toMatchObject({ version: '1.2.3', releaseDate: 'today', stagingPercentage: percent })
    expect(isSignedBy(pem, signed)).toBe(true)
  }
})

test.each([['101'], ['-1'], ['some']])('%s percent is a mistake', (percent) => {
  expect(sign(feed, percent).status).toBe(2)
})

test('a feed whose package is another is not signed', async () => {
  const before = await readFile(feed, 'utf8')
  await writeFile(join(folder, 'jetway.deb'), 'another package')
  const { status, stderr } = sign(feed)
  expect([status, stderr]).toEqual([1, expect.stringContaining('jetway.deb is not the file')])
  expect(await readFile(feed, 'utf8')).toBe(before)
})
