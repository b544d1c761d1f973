import { randomBytes } from 'node:crypto'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { Pool } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isVersioned, StaticFiles } from '../../../../relay/upstream/static-files.ts'
import type { Upstream } from '../../../../relay/upstream/upstream.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

const bundle = '/static/assets/index-1ifPC3Lo.js'
const script = 'export const dags = []\n'.repeat(2000)

let told: ToldUpstream
let upstream: Upstream
/** What the upstream was asked for since the test began. */
let asked: string[] = []

beforeAll(async () => {
  told = await startToldUpstream()
  upstream = { origin: told.url, pool: new Pool(told.url) } as Upstream
})
afterAll(async () => {
  await upstream?.pool.destroy()
  told?.close()
})

function answers(headers: Record<string, string | string[]>, body: string | Buffer = script, status = 200) {
  asked = []
  told.answer = (request, response) => {
    asked.push(`${request.url} ${request.headers.authorization ?? 'nobody'}`)
    response.writeHead(status, headers).end(body)
  }
}

test('a file is asked for once, without anyone’s identity, however many want it', async () => {
  answers({ 'content-type': 'text/javascript', etag: '"of-airflow"', 'x-content-type-options': 'nosniff' })
  const files = new StaticFiles(1_000_000)
  const all = await Promise.all(Array.from({ length: 20 }, () => files.get(upstream, bundle, 'br')))
  const [file] = all
  expect(asked).toEqual([`${bundle} nobody`])
  expect(new Set(all).size).toBe(1)
  expect(brotliDecompressSync(file?.body as Buffer).toString()).toBe(script)
  expect(file?.cacheControl).toBe('private, max-age=31536000, immutable')
  expect(file?.headers).toEqual([
    'content-type',
    'text/javascript',
    'x-content-type-options',
    'nosniff',
    'content-encoding',
    'br',
    'content-length',
    String(file?.body.length),
    'vary',
    'accept-encoding',
  ])
})

test('each coding is kept apart, with the same validator', async () => {
  answers({ 'content-type': 'text/javascript' })
  const files = new StaticFiles(1_000_000)
  const zipped = await files.get(upstream, bundle, 'gzip')
  expect(gunzipSync(zipped?.body as Buffer).toString()).toBe(script)
  expect(zipped?.etag).toBe((await files.get(upstream, bundle, 'br'))?.etag)
})

test('what is wanted again is compressed better, once, in the background', async () => {
  const text = Array.from({ length: 3000 }, (_, i) => `row ${(i * 7919) % 1009} of ${i % 97}`).join('\n')
  answers({ 'content-type': 'text/css' }, text)
  const files = new StaticFiles(1_000_000)
  const first = await files.get(upstream, bundle, 'br')
  await files.get(upstream, bundle, 'br')
  await files.get(upstream, bundle, 'br')
  await files.settled()
  const last = await files.get(upstream, bundle, 'br')
  expect(asked).toHaveLength(2)
  expect(last?.body.length).toBeLessThan(first?.body.length as number)
  expect(files.bytes).toBe(last?.body.length)
  expect(brotliDecompressSync(last?.body as Buffer).toString()).toBe(text)
})

test.each([
  ['not found', {}, 404],
  ['a redirect', { location: '/elsewhere' }, 302],
  ['a cookie with it', { 'set-cookie': ['a=b'] }, 200],
  ['private', { 'cache-control': 'max-age=60, private' }, 200],
  ['not to be stored', { 'cache-control': 'no-store' }, 200],
  ['different for each caller', { vary: 'Accept-Encoding, Cookie' }, 200],
  ['compressed though it was not asked to be', { 'content-encoding': 'gzip' }, 200],
])('nothing is kept of what is %s, and it is not asked for twice', async (_what, headers, status) => {
  answers(headers, 'x', status)
  const files = new StaticFiles(1_000_000)
  expect(await files.get(upstream, bundle, 'br')).toBeNull()
  expect(await files.get(upstream, bundle, 'br')).toBeNull()
  expect([asked.length, files.bytes]).toEqual([1, 0])
})

test('an upstream that cannot be reached is left to the person’s own request', async () => {
  const pool = new Pool('http://127.0.0.1:1')
  const gone = { origin: 'http://127.0.0.1:1', pool } as Upstream
  expect(await new StaticFiles(1_000_000).get(gone, bundle, 'br')).toBeNull()
  await pool.destroy()
})

test('memory stays within its limit: the least recently used goes first', async () => {
  answers({ 'content-type': 'image/png' }, randomBytes(1000))
  const files = new StaticFiles(3000)
  for (const name of ['a', 'b', 'c']) await files.get(upstream, `/static/${name}.png`, 'br')
  await files.get(upstream, '/static/a.png', 'br')
  await files.get(upstream, '/static/d.png', 'br')
  expect(files.bytes).toBe(3000)
  asked = []
  for (const name of ['a', 'c', 'd', 'b']) await files.get(upstream, `/static/${name}.png`, 'br')
  expect(asked).toEqual(['/static/b.png nobody'])
})

test('a file of more than half of the memory is not kept, and with none nothing is', async () => {
  answers({ 'content-type': 'image/png' }, randomBytes(1001))
  const files = new StaticFiles(2000)
  expect((await files.get(upstream, '/static/a.png', 'br'))?.body.length).toBe(1001)
  expect(files.bytes).toBe(0)
  expect(await new StaticFiles(0).get(upstream, '/static/a.png', 'br')).toBeNull()
})

test('after an hour it is asked for again', async () => {
  answers({ 'content-type': 'image/png' }, 'one')
  let now = 0
  const files = new StaticFiles(1_000_000, () => now)
  await files.get(upstream, '/static/pin.png', 'br')
  answers({ 'content-type': 'image/png' }, 'two')
  now = 3_599_999
  expect((await files.get(upstream, '/static/pin.png', 'br'))?.body.toString()).toBe('one')
  now = 3_600_000
  const file = await files.get(upstream, '/static/pin.png', 'br')
  expect([file?.body.toString(), file?.cacheControl]).toEqual(['two', 'private, max-age=3600'])
  expect(files.bytes).toBe(3)
})

test.each([
  [true, '/static/assets/index-1ifPC3Lo.js'],
  [true, '/static/assets/findController-BxEk_UdB.js'],
  [true, '/static/i18n/locales/en/dags.json?v=3.3.2'],
  [true, '/static/dist/main.35f2a0c1d4e5f6a7b8c9.js'],
  [false, '/static/pin_32.png'],
  [false, '/static/assets/readme-first.js'],
  [false, '/static/i18n/locales/en/dags.json?v='],
  [false, '/static/i18n/locales/en/dags.json?rev=1'],
])('versioned %s: %s', (expected, target) => {
  expect(isVersioned(target)).toBe(expected)
})
