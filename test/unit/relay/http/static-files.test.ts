import { brotliDecompressSync } from 'node:zlib'
import { request } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { codingFor } from '../../../../relay/http/handlers/static-files.ts'
import { type OwnRelay, startOwnRelay } from '../../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

const bundle = '/static/assets/index-1ifPC3Lo.js'
const script = 'export const dags = []\n'.repeat(2000)

let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let asked: string[] = []

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  upstream.answer = ({ method, url, headers }, response) => {
    asked.push(`${method} ${url} ${headers.range ?? ''}`.trim())
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
  }
  relay = await startOwnRelay(provider.issuer, {
    services: { airflow: { type: 'airflow', url: upstream.url, identity: { keyFile: 'relay.pem' } } },
    direct: 'airflow',
    policy: { contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'viewer' }] },
  })
})
afterAll(async () => {
  await relay?.close()
  upstream?.close()
  await provider?.close()
})

async function get(headers: Record<string, string>, method: 'GET' | 'HEAD' = 'GET', target = bundle) {
  const authorization = `Bearer ${await provider.token()}`
  const answer = await request(relay.url + target, { method, headers: { authorization, ...headers } })
  return { ...answer, bytes: Buffer.from(await answer.body.arrayBuffer()) }
}

test('the second one who asks gets it from the relay, compressed, and need not ask again', async () => {
  await get({ 'accept-encoding': 'gzip, br' })
  asked = []
  const { statusCode, headers, bytes } = await get({ 'accept-encoding': 'gzip, br' })
  expect([statusCode, headers['content-encoding'], headers['cache-control']]).toEqual([
    200,
    'br',
    'private, max-age=31536000, immutable',
  ])
  expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  expect(brotliDecompressSync(bytes).toString()).toBe(script)
  expect(asked.filter((line) => line.includes('index'))).toHaveLength(asked.length)
  const known = await get({ 'accept-encoding': 'br', 'if-none-match': String(headers.etag) })
  expect([known.statusCode, known.bytes.length, known.headers.etag]).toEqual([304, 0, headers.etag])
})

test('it is recorded as any request is', async () => {
  await relay.auditLog.flush()
  const record = (await relay.records()).findLast(({ path }) => path === bundle)
  expect(record).toMatchObject({ verb: 'ui.view', status: 304, decision: { effect: 'allow' } })
})

test('someone who may see nothing gets nothing, though it is kept', async () => {
  await get({ 'accept-encoding': 'br' })
  const authorization = `Bearer ${await provider.token({ groups: ['strangers'] })}`
  const denied = await request(relay.url + bundle, { headers: { authorization, 'accept-encoding': 'br' } })
  expect(denied.statusCode).toBe(403)
  const unknown = await request(relay.url + bundle, { headers: { 'accept-encoding': 'br' } })
  expect(unknown.statusCode).toBe(401)
  await Promise.all([denied.body.dump(), unknown.body.dump()])
})

test.each([
  ['a part of it', { 'accept-encoding': 'br', range: 'bytes=0-1' }, 'GET', bundle],
  ['its headers', { 'accept-encoding': 'br' }, 'HEAD', bundle],
  ['it uncompressed', { 'accept-encoding': 'identity' }, 'GET', bundle],
  ['what is no static file', { 'accept-encoding': 'br' }, 'GET', '/dags'],
] as const)('whoever asks for %s is answered by the upstream', async (_what, headers, method, target) => {
  asked = []
  expect((await get(headers, method, target)).statusCode).toBe(200)
  expect(asked).toEqual([`${method} ${target} ${'range' in headers ? headers.range : ''}`.trim()])
})

test.each([
  ['br', 'gzip, deflate, br, zstd'],
  ['gzip', 'gzip, deflate'],
  ['gzip', 'br;q=0, GZIP;q=0.5'],
  ['br', 'br;q=0.001'],
  [null, 'identity'],
  [null, 'br; q=0.000'],
  [null, undefined],
])('%s for %s', (expected, header) => {
  expect(codingFor(header)).toBe(expected)
})
