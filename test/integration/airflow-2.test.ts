import { createPrivateKey, type KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureAirflow2 } from '../../build/setup/python.ts'
import { freePort } from '../../demo/free-port.ts'
import { Processes } from '../../demo/processes.ts'
import { makeAirflowKeys } from '../../relay/upstream/airflow-keys.ts'
import { packageSource, startAirflow2 } from '../support/airflow-2.ts'
import { type OwnRelay, startOwnRelay } from '../support/own-relay.ts'
import { type PersonAt, personAt } from '../support/person-at.ts'
import { startTokenProvider, type TokenProvider } from '../support/token-provider.ts'

/** Two Airflows 2 with the package in airflow/: one at the start of its port, one below a path. */
const processes = new Processes()
let folder: string
let key: KeyObject
let provider: TokenProvider
let relay: OwnRelay
let airflow: string
const people: Record<string, PersonAt> = {}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jetway-airflow-2-'))
  for (const { name, content, mode } of makeAirflowKeys()) {
    await writeFile(join(folder, name), content, { mode })
    if (name === 'relay.pem') key = createPrivateKey(content)
  }
  const [atRoot, below] = [await freePort(), await freePort()]
  airflow = `http://127.0.0.1:${atRoot}`
  provider = await startTokenProvider()
  const identity = { keyFile: join(folder, 'relay.pem') }
  const common = { type: 'airflow', version: 2, listNarrowing: 'airflow', identity }
  const baseUrl = 'https://airflow.example/team'
  relay = await startOwnRelay(provider.issuer, {
    services: {
      airflow: { ...common, url: airflow },
      team: { ...common, url: `http://127.0.0.1:${below}`, baseUrl },
    },
    policy: {
      contact: 'Ask us.',
      grants: [
        { group: 'hello', role: 'user', dags: ['hello'] },
        { group: 'everything', role: 'admin' },
      ],
    },
  })
  const bin = await ensureAirflow2()
  const start = (name: string, port: number, more: Record<string, string>) =>
    startAirflow2({
      bin,
      home: join(folder, name),
      port,
      basePath: name === 'team' ? '/team' : '',
      settings: {
        PYTHONPATH: packageSource,
        AIRFLOW__CORE__AUTH_MANAGER: 'jetway_airflow.fab_auth_manager.JetwayFabAuthManager',
        AIRFLOW__API__AUTH_BACKENDS: 'jetway_airflow.api_auth',
        AIRFLOW__JETWAY__JWKS: `${relay.url}/.well-known/jwks.json`,
        AIRFLOW__JETWAY__AUDIENCE: name,
        AIRFLOW__JETWAY__ISSUER: relay.url,
        ...more,
      },
      processes,
    })
  await start('airflow', atRoot, {})
  await start('team', below, { AIRFLOW__WEBSERVER__BASE_URL: baseUrl })
  const open = async (name: string, service: string, groups: string[]) => {
    const claims = { sub: name, email: `${name}@example.com`, groups }
    people[`${name} ${service}`] = await personAt(relay, service, () => provider.token(claims))
  }
  await open('ana', 'airflow', ['hello'])
  await open('zoe', 'airflow', ['everything'])
  await open('ana', 'team', ['hello'])
}, 180_000)
afterAll(async () => {
  for (const person of Object.values(people)) await person.close()
  await processes.stopAll()
  await relay?.close()
  await provider?.close()
  await rm(folder, { recursive: true, force: true })
})

const ana = (path: string, init?: RequestInit) => fetch(`${people['ana airflow']?.url}${path}`, init)
const zoe = (path: string, init?: RequestInit) => fetch(`${people['zoe airflow']?.url}${path}`, init)
// biome-ignore lint/suspicious/noExplicitAny: answers of Airflow's
const jsonOf = async (response: Promise<Response>): Promise<any> => (await response).json()
const ids = (list: { dag_id: string }[]) => list.map(({ dag_id }) => dag_id).sort()
const post = (body: object) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

test('a trigger through /api/v1 stands in Airflow’s own log under the person’s name', async () => {
  const made = await jsonOf(ana('/api/v1/dags/hello/dagRuns', post({ conf: { month: '2026-10' } })))
  expect(made).toMatchObject({ dag_id: 'hello', state: 'queued' })
  const { event_logs } = await jsonOf(zoe('/api/v1/eventLogs?order_by=-event_log_id'))
  expect(event_logs).toContainEqual(expect.objectContaining({ dag_id: 'hello', owner: 'ana@example.com' }))
  const records = await relay.records()
  expect(records).toContainEqual(
    expect.objectContaining({
      verb: 'run.trigger',
      status: 200,
      confDigest: expect.stringMatching(/^sha256:/),
    }),
  )
})

describe('lists show the DAGs that someone may see, and no others', () => {
  test('of the API', async () => {
    expect(ids((await jsonOf(ana('/api/v1/dags'))).dags)).toEqual(['hello'])
    expect(ids((await jsonOf(zoe('/api/v1/dags'))).dags)).toEqual(['etl_orders', 'finance_close', 'hello'])
    expect((await zoe('/api/v1/dags/etl_orders/dagRuns', post({}))).status).toBe(200)
    for (const path of [
      '/api/v1/dags/~/dagRuns',
      '/api/v1/dags/~/dagRuns/~/taskInstances',
      '/api/v1/dags/~/dagRuns/~/taskInstances/~/xcomEntries',
      '/api/v1/dagStats?dag_ids=hello',
      '/api/v1/dagWarnings',
    ]) {
      const answer = await ana(path)
      expect([path, answer.status, (await answer.text()).includes('etl_orders')]).toEqual([path, 200, false])
    }
    const batch = await jsonOf(ana('/api/v1/dags/~/dagRuns/list', post({})))
    expect(ids(batch.dag_runs).filter((id) => id !== 'hello')).toEqual([])
  })

  test('of the pages', async () => {
    const page = await (await ana('/home')).text()
    expect(page).toContain('title="ana@example.com"')
    expect(page).toContain('/dags/hello/grid')
    expect(page).not.toContain('/dags/etl_orders/grid')
    for (const list of ['/dagrun/list/', '/taskinstance/list/', '/xcom/list/']) {
      const answer = await ana(list)
      expect([list, answer.status, (await answer.text()).includes('etl_orders')]).toEqual([list, 200, false])
    }
    expect(await (await ana('/dagrun/list/')).text()).toContain('/dags/hello/')
    expect((await ana('/dag-dependencies')).status).toBe(403)
  })

  test('of what the pages ask for, with the token against forgery from their session', async () => {
    const home = await ana('/home')
    const cookie = home.headers.getSetCookie()[0]?.split(';')[0] as string
    const [, token = ''] = /csrfToken = '([^']+)'/.exec(await home.text()) ?? []
    for (const data of ['/dag_stats', '/last_dagruns', '/task_stats', '/blocked']) {
      const headers = { cookie, 'x-csrftoken': token }
      const body = new URLSearchParams()
      const answer = await ana(data, { method: 'POST', headers, body })
      expect([data, answer.status, (await answer.text()).includes('etl_orders')]).toEqual([data, 200, false])
      expect((await ana(data, { method: 'POST', body })).status).toBe(400)
    }
    const paused = { method: 'POST', headers: { cookie, 'x-csrftoken': token } }
    expect((await ana('/paused?is_paused=true&dag_id=hello', paused)).status).toBe(200)
  })

  test('a page that asks by a query gets no other DAG either', async () => {
    expect((await ana('/object/grid_data?dag_id=hello')).status).toBe(200)
    expect((await ana('/object/grid_data?dag_id=etl_orders')).status).toBe(403)
    const twice = await ana('/object/grid_data?dag_id=etl_orders&dag_id=hello', { redirect: 'manual' })
    expect(twice.status).toBe(403)
  })
})

test('the relay is the first door', async () => {
  const denied = [
    ana('/api/v1/dags/etl_orders/dagRuns', post({})),
    ana('/api/v1/variables'),
    ana('/paused?is_paused=true&dag_id=etl_orders', { method: 'POST' }),
    ana('/clear', { method: 'POST', body: new URLSearchParams({ dag_id: 'etl_orders' }) }),
    zoe('/users/list/'),
    zoe('/roles/list/'),
    ana('/unknown'),
  ]
  for (const answer of await Promise.all(denied)) {
    expect([answer.status, answer.headers.get('content-type')]).toEqual([403, 'application/problem+json'])
  }
})

test.each(['X-Jetway-Assertion', 'x_jetway_assertion', 'X-Jetway_Assertion', 'X-Remote-User', 'REMOTE_USER'])(
  '%s of the client changes nothing',
  async (name) => {
    const headers = { [name]: await assertion({ name: 'zoe@example.com', role: 'admin' }) }
    const page = await (await ana('/home', { headers })).text()
    expect(page).toContain('title="ana@example.com"')
  },
)

const now = () => Math.floor(Date.now() / 1000)
function assertion(claims: Record<string, unknown>): Promise<string> {
  const all = {
    iss: relay.url,
    aud: 'airflow',
    sub: 'ana',
    name: 'ana@example.com',
    email: 'ana@example.com',
    role: 'user',
    dags: ['hello'],
    iat: now(),
    nbf: now(),
    exp: now() + 60,
    ...claims,
  }
  return new SignJWT(all).setProtectedHeader({ alg: 'EdDSA', kid: 'relay' }).sign(key)
}

describe('past the relay', () => {
  const paths = ['/home', '/api/v1/dags', '/dags/hello/grid', '/login/', '/api/v1/openapi.json']

  test('nobody gets in without an assertion, whatever else they bring', async () => {
    const good = { 'x-jetway-assertion': await assertion({}) }
    const cookie = (await fetch(`${airflow}/home`, { headers: good })).headers.getSetCookie().join('; ')
    expect(cookie).toContain('session=')
    const attempts: Record<string, string>[] = [
      {},
      { cookie },
      { 'x-remote-user': 'admin' },
      { authorization: 'Basic YWRtaW46YWRtaW4=' },
      { authorization: `Bearer ${good['x-jetway-assertion']}` },
    ]
    for (const headers of attempts) {
      for (const path of paths) {
        const { status } = await fetch(airflow + path, { headers, redirect: 'manual' })
        expect([path, status]).toEqual([path, 401])
      }
    }
    expect((await fetch(`${airflow}/health`)).status).toBe(200)
  })

  test.each<[string, Record<string, unknown>]>([
    ['for another Airflow', { aud: 'team' }],
    ['of another relay', { iss: 'https://evil.example' }],
    ['that has ended', { iat: now() - 120, nbf: now() - 120, exp: now() - 60 }],
    ['that is good for too long', { exp: now() + 3600 }],
    ['of no role', { role: undefined }],
  ])('an assertion %s is refused', async (_what, claims) => {
    const headers = { 'x-jetway-assertion': await assertion(claims) }
    for (const path of paths) expect((await fetch(airflow + path, { headers })).status).toBe(401)
  })

  test('a forged one is refused', async () => {
    const [head, body] = (await assertion({ role: 'admin' })).split('.')
    const signature = (await assertion({})).split('.')[2]
    const headers = { 'x-jetway-assertion': `${head}.${body}.${signature}` }
    for (const path of paths) expect((await fetch(airflow + path, { headers })).status).toBe(401)
  })
})

test('a session belongs to one person in one role', async () => {
  const ask = async (claims: Record<string, unknown>, cookie?: string) => {
    const headers = { 'x-jetway-assertion': await assertion(claims), ...(cookie && { cookie }) }
    const answer = await fetch(`${airflow}/home`, { headers })
    const [, session] = /session=([^;]+)/.exec(answer.headers.getSetCookie().join()) ?? []
    const [, csrf] = /name="csrf_token" value="([^"]+)"|csrfToken = '([^']+)'/.exec(await answer.text()) ?? []
    return { session, csrf }
  }
  const first = await ask({})
  const cookie = `session=${first.session}`
  const again = await ask({}, cookie)
  expect(again.session ?? first.session).toBe(first.session)
  const others = [{ sub: 'bob', name: 'bob@example.com', email: 'bob@example.com' }, { role: 'viewer' }]
  for (const claims of others) {
    const { session } = await ask(claims, cookie)
    expect(session).toBeDefined()
    expect(session).not.toBe(first.session)
  }
})

describe('below a path', () => {
  const team = (path: string, init?: RequestInit) => fetch(`${people['ana team']?.url}${path}`, init)

  test('the start of the port leads to its page, and no redirect leaves the port', async () => {
    const page = await team('/')
    expect([page.status, page.url]).toEqual([200, `${people['ana team']?.url}/team/home`])
    expect(await page.text()).toContain('/team/dags/hello/grid')
    const dag = await team('/team/dags/hello', { redirect: 'manual' })
    expect(dag.headers.get('location')).toMatch(/^\/team\/|^http:\/\/localhost:\d+\/team\//)
  })

  test('cookies are for this host, this path and plain http', async () => {
    const [cookie] = (await team('/team/home')).headers.getSetCookie()
    expect(cookie).toMatch(/^session=.*Path=\/team/)
    expect(cookie).not.toMatch(/domain|secure/i)
  })

  test('the API answers below it, and the other Airflow’s assertion is no good here', async () => {
    expect(ids((await jsonOf(team('/team/api/v1/dags'))).dags)).toEqual(['hello'])
    expect((await team('/api/v1/dags')).status).toBe(403)
  })
})

test('at the start of the port, cookies are for all of it', async () => {
  const [cookie] = (await ana('/home')).headers.getSetCookie()
  expect(cookie).toMatch(/^session=.*Path=\/;/)
  const start = await ana('/', { redirect: 'manual' })
  expect(start.headers.get('location')).toMatch(/^\/home$|^http:\/\/localhost:\d+\/home$/)
})
