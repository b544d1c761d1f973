import { generateKeyPairSync } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeJwt } from 'jose'
import { Pool } from 'undici'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createDagTags } from '../../../../relay/upstream/dag-tags.ts'
import { identifyToAirflow3 } from '../../../../relay/upstream/identify.ts'
import { createMint } from '../../../../relay/upstream/token-mint.ts'
import { startToldUpstream, type ToldUpstream } from '../../../support/told-upstream.ts'

/** An upstream that lists DAGs as Airflow does, and a clock that is set. */
let upstream: ToldUpstream
let pool: Pool
let dags: { dag_id: string; tags: { name: string }[] }[] = []
let asked: { path: string; authorization: string }[] = []
let now = 0

const signer = { kid: 'relay', key: generateKeyPairSync('ed25519').privateKey }
const identify = identifyToAirflow3(
  createMint({
    issuer: 'https://relay.example',
    signer: () => signer,
    audience: 'apache-airflow',
    lifetimeSeconds: 60,
  }),
  false,
)

function list(request: IncomingMessage, response: ServerResponse): void {
  const query = new URL(request.url ?? '', 'http://x').searchParams
  const [offset, limit] = [Number(query.get('offset')), Number(query.get('limit'))]
  asked.push({ path: request.url ?? '', authorization: request.headers.authorization ?? '' })
  response.end(JSON.stringify({ dags: dags.slice(offset, offset + limit), total_entries: dags.length }))
}

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
  dags = [
    { dag_id: 'etl', tags: [{ name: 'team-a' }, { name: 'daily' }] },
    { dag_id: 'plain', tags: [] },
  ]
  upstream.answer = list
})

const tagsWith = (version: 2 | 3 = 3) =>
  createDagTags({ pool, identify, version, refreshSeconds: 60, keepSeconds: 600, now: () => now })

test('the tags of a DAG, read with a token of the relay’s own, of role viewer', async () => {
  const tags = tagsWith()
  expect(asked).toEqual([])
  expect(await tags.tagsOf('etl')).toEqual(['team-a', 'daily'])
  expect(await tags.tagsOf('plain')).toEqual([])
  expect(asked.map(({ path }) => path)).toEqual(['/api/v2/dags?limit=100&offset=0&order_by=dag_id'])
  const claims = decodeJwt(asked[0]?.authorization.replace('Bearer ', '') ?? '')
  expect(claims).toMatchObject({ sub: 'jetway-relay', role: 'viewer', aud: 'apache-airflow' })
})

test('of Airflow 2 they are read from its own API', async () => {
  expect(await tagsWith(2).tagsOf('etl')).toEqual(['team-a', 'daily'])
  expect(asked[0]?.path).toMatch(/^\/api\/v1\/dags\?/)
})

test('all pages are read, by one reading however many ask', async () => {
  dags = Array.from({ length: 250 }, (_, i) => ({ dag_id: `d${i}`, tags: [{ name: `t${i}` }] }))
  const tags = tagsWith()
  const all = await Promise.all(dags.map(({ dag_id }) => tags.tagsOf(dag_id)))
  expect(all).toEqual(dags.map(({ tags: own }) => own.map(({ name }) => name)))
  expect(asked).toHaveLength(3)
})

test('they are read again in the background when they are old, and used meanwhile', async () => {
  const tags = tagsWith()
  await tags.tagsOf('etl')
  now = 60_000
  await tags.tagsOf('etl')
  expect(asked).toHaveLength(1)
  const answered = new Promise<void>((resolve) => {
    upstream.answer = (request, response) => {
      list(request, response)
      response.once('close', resolve)
    }
  })
  dags[0] = { dag_id: 'etl', tags: [{ name: 'team-b' }] }
  now = 60_001
  expect(await tags.tagsOf('etl')).toEqual(['team-a', 'daily'])
  await answered
  await expect.poll(() => tags.tagsOf('etl')).toEqual(['team-b'])
  expect(asked).toHaveLength(2)
})

test('while Airflow does not answer they are used until they are too old, then nothing is known', async () => {
  const tags = tagsWith()
  await tags.tagsOf('etl')
  upstream.answer = (_request, response) => response.writeHead(503).end()
  now = 600_000
  expect(await tags.tagsOf('etl')).toEqual(['team-a', 'daily'])
  now = 604_000
  expect(await tags.tagsOf('etl')).toBeNull()
  upstream.answer = list
  now = 604_001
  expect(await tags.tagsOf('etl'), 'not asked again at once').toBeNull()
  now = 605_000
  expect(await tags.tagsOf('etl')).toEqual(['team-a', 'daily'])
})

test('a DAG that is not known is looked for, and not by each who asks', async () => {
  const tags = tagsWith()
  await tags.tagsOf('etl')
  dags.push({ dag_id: 'new', tags: [{ name: 'team-a' }] })
  expect(await tags.tagsOf('new')).toBeNull()
  now = 5000
  expect(await tags.tagsOf('new')).toEqual(['team-a'])
  for (let i = 0; i < 100; i += 1) expect(await tags.tagsOf(`no-such-${i}`)).toBeNull()
  expect(asked).toHaveLength(2)
})

test.each([
  ['no JSON', (response: ServerResponse) => response.end('<html>')],
  ['another shape', (response: ServerResponse) => response.end('{"dags":[{"dag_id":"etl","tags":[null]}]}')],
  ['nothing but a status', (response: ServerResponse) => response.writeHead(403).end('{}')],
  ['a broken connection', (response: ServerResponse) => response.destroy()],
  [
    'a page that is too large',
    (response: ServerResponse) => response.end(`{"pad":"${'x'.repeat(8_388_608)}"}`),
  ],
  [
    'more DAGs than can be kept',
    (response: ServerResponse) => response.end('{"dags":[{"dag_id":"etl","tags":[]}],"total_entries":20001}'),
  ],
])('%s: nothing is known', async (_what, answer) => {
  upstream.answer = (_request, response) => void answer(response)
  expect(await tagsWith().tagsOf('etl')).toBeNull()
})
