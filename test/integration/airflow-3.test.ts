import { createPrivateKey } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { ensureAirflow } from '../../build/setup/python.ts'
import { startAirflow } from '../../demo/airflow.ts'
import { Processes } from '../../demo/processes.ts'
import { makeAirflowKeys } from '../../relay/upstream/airflow-keys.ts'
import { packageSource } from '../support/airflow-2.ts'
import { eventually } from '../support/eventually.ts'
import { type OwnRelay, startOwnRelay } from '../support/own-relay.ts'
import { type PersonAt, personAt } from '../support/person-at.ts'
import { startTokenProvider, type TokenProvider } from '../support/token-provider.ts'

/** Airflow 3 with the package in airflow/, which calls itself by a name that is not reachable, below a path. */
const baseUrl = 'https://airflow.example/team'
const processes = new Processes()
const company = inject('company')
let folder: string
let airflow: string
let provider: TokenProvider
let relay: OwnRelay
const people: Record<string, PersonAt> = {}
const at = (name: string, path: string) => `${people[name]?.url}/team${path}`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jetway-airflow-3-'))
  for (const { name, content, mode } of makeAirflowKeys())
    await writeFile(join(folder, name), content, { mode })
  const started = await startAirflow({
    bin: await ensureAirflow(),
    home: join(folder, 'home'),
    settings: [
      ['PYTHONPATH', packageSource],
      ['AIRFLOW__CORE__AUTH_MANAGER', 'jetway_airflow.auth_manager.JetwayAuthManager'],
      ['AIRFLOW__JETWAY__JWKS', join(folder, 'jwks.json')],
      ['AIRFLOW__API__BASE_URL', baseUrl],
    ],
    processes,
  })
  airflow = started.url
  provider = await startTokenProvider()
  relay = await startOwnRelay(provider.issuer, {
    services: {
      airflow: {
        type: 'airflow',
        url: airflow,
        baseUrl,
        listNarrowing: 'airflow',
        identity: { keyFile: join(folder, 'relay.pem') },
      },
    },
    direct: 'airflow',
    policy: {
      contact: 'Ask us.',
      grants: [
        { group: 'hello', role: 'user', dags: ['hello'] },
        { group: 'etl-readers', role: 'viewer', dags: ['etl_*'] },
        { group: 'everything', role: 'op' },
      ],
    },
  })
  const grouped = { ana: ['hello'], bob: ['hello', 'etl-readers'], zoe: ['everything'] }
  for (const [name, groups] of Object.entries(grouped)) {
    const claims = { sub: name, email: `${name}@example.com`, groups }
    people[name] = await personAt(relay, 'airflow', () => provider.token(claims))
  }
})
afterAll(async () => {
  for (const person of Object.values(people)) await person.close()
  await relay?.close()
  await provider?.close()
  await processes.stopAll()
  await rm(folder, { recursive: true, force: true })
})

// biome-ignore lint/suspicious/noExplicitAny: answers of Airflow's
const json = async (url: string, init?: RequestInit): Promise<any> => (await fetch(url, init)).json()
const ids = (list: { dag_id: string }[]) => list.map(({ dag_id }) => dag_id).sort()
const trigger = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"logical_date":null}',
}

describe('lists show the DAGs that someone may see, and no others', () => {
  test.each([
    ['ana', ['hello']],
    ['bob', ['etl_orders', 'hello']],
    ['zoe', ['etl_orders', 'finance_close', 'hello']],
  ])('%s: %o', async (name, expected) => {
    for (const path of ['/api/v2/dags', '/ui/dags']) {
      const list = await json(at(name, path))
      expect([path, ids(list.dags), list.total_entries]).toEqual([path, expected, expected.length])
    }
    expect((await json(at(name, '/ui/dashboard/dag_stats'))).active_dag_count).toBe(expected.length)
    expect((await json(at(name, '/api/v2/dagTags'))).tags).toHaveLength(expected.length)
  })

  test('and their runs', async () => {
    for (const dag of ['hello', 'etl_orders']) {
      const made = await json(at('zoe', `/api/v2/dags/${dag}/dagRuns`), trigger)
      expect(made).toMatchObject({ dag_id: dag, triggering_user_name: 'zoe@example.com' })
    }
    const runsOf = async (name: string) =>
      new Set(ids((await json(at(name, '/api/v2/dags/~/dagRuns'))).dag_runs))
    expect(await runsOf('ana')).toEqual(new Set(['hello']))
    expect(await runsOf('zoe')).toEqual(new Set(['etl_orders', 'hello']))
    const batch = await json(at('ana', '/api/v2/dags/~/dagRuns/list'), { ...trigger, body: '{}' })
    expect(new Set(ids(batch.dag_runs))).toEqual(new Set(['hello']))
    await eventually('task instances', async () => {
      const { task_instances } = await json(at('zoe', '/api/v2/dags/~/dagRuns/~/taskInstances'))
      return ids(task_instances).includes('etl_orders')
    })
    const own = await json(at('ana', '/api/v2/dags/~/dagRuns/~/taskInstances'))
    expect(new Set(ids(own.task_instances))).toEqual(new Set(['hello']))
  })

  test('a page that asks by a query gets no other DAG either', async () => {
    const path = '/ui/structure/structure_data?dag_id='
    expect((await fetch(at('ana', `${path}hello`))).status).toBe(200)
    expect((await fetch(at('ana', `${path}etl_orders`))).status).toBe(403)
  })
})

test('the relay is the first door: what the policy denies does not reach Airflow', async () => {
  for (const [method, path] of [
    ['GET', '/api/v2/dags/etl_orders'],
    ['PATCH', '/api/v2/dags?dag_id_pattern=%25'],
    ['GET', '/api/v2/variables'],
    ['GET', '/api/v2/eventLogs'],
    ['GET', '/api/v2/assets'],
  ] as const) {
    const answer = await fetch(at('ana', path), { method })
    expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
      path,
      403,
      'application/problem+json',
    ])
  }
  expect((await fetch(at('bob', '/api/v2/dags/etl_orders/dagRuns'), trigger)).status).toBe(403)
})

describe('past the relay', () => {
  /** By the relay's own key, unless another is given. */
  const sign = async (claims: Record<string, unknown>, pem?: string, kid = 'relay') =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', kid })
      .sign(createPrivateKey(pem ?? (await readFile(join(folder, 'relay.pem'), 'utf8'))))
  const strange = makeAirflowKeys()[0]?.content
  const now = Math.floor(Date.now() / 1000)
  const good = {
    sub: 'x',
    role: 'admin',
    dags: ['*'],
    aud: 'apache-airflow',
    iat: now,
    nbf: now,
    exp: now + 60,
  }

  test('nobody gets in without a token of the relay', async () => {
    const attempts: Record<string, string>[] = [
      {},
      { 'x-jetway-assertion': await sign(good) },
      { 'x-remote-user': 'admin' },
      { authorization: `Bearer ${await sign(good, strange)}` },
      { authorization: `Bearer ${await sign(good, strange, 'airflow')}` },
      { authorization: `Bearer ${await sign({ ...good, aud: 'another' })}` },
      { authorization: `Bearer ${await sign({ ...good, iat: now - 120, nbf: now - 120, exp: now - 60 })}` },
      { authorization: `Bearer ${await sign({ ...good, role: 'root' })}` },
      { cookie: `_token=${await sign(good, strange)}` },
    ]
    for (const headers of attempts) {
      expect((await fetch(`${airflow}/team/api/v2/dags`, { headers })).status).toBeOneOf([401, 403])
    }
  })

  test('Airflow signs nobody in', async () => {
    const body = JSON.stringify({ username: 'admin', password: 'admin' })
    const answer = await fetch(`${airflow}/team/auth/token`, { ...trigger, body })
    expect(answer.status).toBeOneOf([404, 405])
  })
})

describe('its own address', () => {
  test('the start of the port leads to its path, and stays at the port', async () => {
    const answer = await fetch(`${people.ana?.url}/`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([307, '/team/'])
    const page = await (await fetch(`${people.ana?.url}/`)).text()
    expect(page).toContain('<base href="/team/"')
  })

  test('what is not below its path is not known', async () => {
    for (const path of ['/api/v2/dags', '/teams/api/v2/dags', '/team', '/TEAM/api/v2/dags']) {
      const answer = await fetch(people.ana?.url + path, { redirect: 'manual' })
      expect([path, answer.status]).toEqual([path, path === '/team' ? 307 : 403])
    }
  })

  test('no redirect leaves the local port', async () => {
    for (const url of [at('ana', '/'), `${company.airflowUrl}/`]) expect((await fetch(url)).ok).toBe(true)
    const answer = await fetch(at('ana', '/static/'), { redirect: 'manual' })
    expect(answer.headers.get('location') ?? '/').toMatch(/^\/|^http:\/\/localhost:/)
  })
})

test('direct HTTP: the same lists, for a bearer token and for nothing else', async () => {
  const token = await provider.token({ sub: 'ana', email: 'ana@example.com', groups: ['hello'] })
  const url = `${relay.url}/team/api/v2/dags`
  const list = await json(url, { headers: { authorization: `Bearer ${token}` } })
  expect(ids(list.dags)).toEqual(['hello'])
  expect((await fetch(url)).status).toBe(401)
  expect((await fetch(url, { headers: { cookie: `_token=${token}` } })).status).toBe(401)
  const records = await eventually('the record', async () => {
    const direct = (await relay.records()).filter(({ source }) => source.via === 'direct')
    return direct.length > 0 && direct
  })
  expect(records[0]).toMatchObject({ verb: 'dag.read', decision: { effect: 'allow' }, service: 'airflow' })
})
