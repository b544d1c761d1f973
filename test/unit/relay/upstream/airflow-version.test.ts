import { Pool } from 'undici'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createAirflowVersion } from '../../../../relay/upstream/airflow-version.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** An upstream that says its version, and a clock that is set. */
let upstream: ToldUpstream
let pool: Pool
let asked: { url: string | undefined; authorization: string | undefined }[] = []
let now = 0

beforeAll(async () => {
  upstream = await startToldUpstream()
  pool = new Pool(upstream.url)
})
afterAll(async () => {
  await pool?.destroy()
  upstream?.close()
})
beforeEach(() => {
  asked = []
  now = 0
  say(JSON.stringify({ version: '3.3.2', git_version: null }))
})

function say(body: string, status = 200): void {
  upstream.answer = ({ url, headers }, response) => {
    asked.push({ url, authorization: headers.authorization })
    response.writeHead(status).end(body)
  }
}
const versionOf = (version: 2 | 3 = 3, basePath = '') =>
  createAirflowVersion({ pool, version, basePath, now: () => now })

test('it is asked when someone wants to know it, without an identity, and kept for a minute', async () => {
  const airflow = versionOf()
  expect(asked).toEqual([])
  expect(await Promise.all([airflow.get(), airflow.get()])).toEqual(['3.3.2', '3.3.2'])
  expect(asked).toEqual([{ url: '/api/v2/version', authorization: undefined }])
  say('{"version":"3.3.3"}')
  now = 59_999
  expect(await airflow.get()).toBe('3.3.2')
  now = 60_000
  expect(await airflow.get()).toBe('3.3.3')
  expect(asked).toHaveLength(2)
})

test.each([
  [2, '', '/api/v1/version'],
  [2, '/airflow', '/airflow/api/v1/version'],
  [3, '/airflow', '/airflow/api/v2/version'],
] as const)('Airflow %i under %j says it at %s', async (major, basePath, path) => {
  say('{"version":"2.10.5+astro.1"}')
  const airflow = versionOf(major, basePath)
  expect(airflow.path).toBe(path)
  expect(await airflow.get()).toBe('2.10.5+astro.1')
  expect(asked.map(({ url }) => url)).toEqual([path])
})

const ofBytes = (bytes: number) => {
  const start = '{"version":"3.3.2","more":"'
  return `${start}${'x'.repeat(bytes - start.length - 2)}"}`
}

test.each([
  ['a version of 64 characters', JSON.stringify({ version: `3.${'1'.repeat(62)}` }), `3.${'1'.repeat(62)}`],
  ['4096 bytes', ofBytes(4096), '3.3.2'],
  ['a version that is longer', JSON.stringify({ version: `3.${'1'.repeat(63)}` }), null],
  ['more bytes', ofBytes(4097), null],
  ['no JSON', '<html>', null],
  ['another form', '[]', null],
  ['null', 'null', null],
  ['no version', '{}', null],
  ['something that is none', '{"version":"<b>3</b>"}', null],
])('with %s as its answer', async (_, body, version) => {
  say(body)
  expect(await versionOf().get()).toBe(version)
})

test('one that refuses is asked again a minute later, and not before', async () => {
  say('{"version":"3.3.2"}', 503)
  const airflow = versionOf()
  expect(await airflow.get()).toBeNull()
  say('{"version":"3.3.2"}')
  expect(await airflow.get()).toBeNull()
  now = 60_000
  expect(await airflow.get()).toBe('3.3.2')
})

test('one that does not answer is not waited for long', async () => {
  upstream.answer = () => {}
  expect(await versionOf().get()).toBeNull()
  upstream.answer = (_request, response) => response.write('{"version":')
  expect(await versionOf().get()).toBeNull()
})
