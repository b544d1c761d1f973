import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Pool } from 'undici'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createDagTags } from '../../relay/upstream/dag-tags.ts'
import { identifyToAirflow3 } from '../../relay/upstream/identify.ts'
import { createMint } from '../../relay/upstream/token-mint.ts'
import { eventually } from '../support/eventually.ts'
import { type OwnRelay, startOwnRelay } from '../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../support/token-provider.ts'

/** Bulk bodies and lists, through a relay of its own, to the real Airflow. */
const company = inject('company')
const keyFile = join(dirname(company.relayConfig), 'relay.pem')

let provider: TokenProvider
let relay: OwnRelay

beforeAll(async () => {
  provider = await startTokenProvider()
  relay = await startOwnRelay(provider.issuer, {
    services: { airflow: { type: 'airflow', url: company.airflowUrl, identity: { keyFile } } },
    direct: 'airflow',
    policy: {
      contact: 'Ask us.',
      roles: { keeper: { verbs: ['variable.read', 'variable.write'], airflowRole: 'op' } },
      grants: [
        { group: 'keepers', role: 'keeper' },
        { group: 'admins', role: 'admin' },
        { group: 'hello', role: 'user', dags: ['hello'] },
      ],
    },
  })
})
afterAll(async () => {
  await relay?.close()
  await provider?.close()
})

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: whatever Airflow says
  readonly body: any
}

async function ask(group: string, method: string, path: string, body?: object): Promise<Answer> {
  const authorization = `Bearer ${await provider.token({ groups: [group] })}`
  const response = await fetch(relay.url + path, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}

const bulk = (...actions: [action: string, ...entities: unknown[]][]) => ({
  actions: actions.map(([action, ...entities]) => ({ action, entities })),
})

describe('bulk variables', () => {
  const variables = async () => {
    const { body } = await ask('admins', 'GET', '/api/v2/variables')
    return body.variables.map(({ key, value }: { key: string; value: string }) => `${key}=${value}`).sort()
  }

  test('a body that is forbidden in part is refused whole, and nothing is changed', async () => {
    await ask('admins', 'PATCH', '/api/v2/variables', bulk(['create', { key: 'old', value: '1' }]))
    const before = await variables()
    expect(before).toContain('old=1')
    const wanted = bulk(
      ['create', { key: 'new', value: '2' }],
      ['update', { key: 'old', value: '3' }],
      ['delete', 'old'],
    )
    const refused = await ask('keepers', 'PATCH', '/api/v2/variables', wanted)
    expect(refused).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN', detail: expect.stringContaining('variable.delete on old') },
    })
    expect(await variables()).toEqual(before)
    const allowed = bulk(['create', { key: 'new', value: '2' }])
    expect(await ask('keepers', 'PATCH', '/api/v2/variables', allowed)).toMatchObject({
      status: 200,
      body: { create: { success: ['new'] } },
    })
    expect(await variables()).toEqual([...before, 'new=2'].sort())
    const deleted = await ask('admins', 'PATCH', '/api/v2/variables', bulk(['delete', 'old', 'new']))
    expect(deleted.status).toBe(200)
  })
})

describe('runs of two DAGs', () => {
  const runs = { hello: '', finance_close: '' }

  beforeAll(async () => {
    for (const dag of ['hello', 'finance_close'] as const) {
      const { body } = await ask('admins', 'POST', `/api/v2/dags/${dag}/dagRuns`, { logical_date: null })
      runs[dag] = body.dag_run_id
    }
  })

  const exists = async (dag: keyof typeof runs) =>
    (await ask('admins', 'GET', `/api/v2/dags/${dag}/dagRuns/${runs[dag]}`)).status === 200
  const entities = () =>
    (['hello', 'finance_close'] as const).map((dag_id) => ({ dag_id, dag_run_id: runs[dag_id] }))

  test.each(['~', 'hello'])('under %s: the forbidden one refuses both', async (dag) => {
    const path = `/api/v2/dags/${dag}/dagRuns`
    const refused = await ask('hello', 'PATCH', path, bulk(['delete', ...entities()]))
    expect(refused).toMatchObject({ status: 403, body: { detail: /run\.delete on finance_close/ } })
    expect([await exists('hello'), await exists('finance_close')]).toEqual([true, true])
  })

  test('lists show what they were asked for, and no more', async () => {
    const dagsOf = (rows: { dag_id: string }[]) => [...new Set(rows.map(({ dag_id }) => dag_id))].sort()
    const list = (dag_ids: string[]) => ask('hello', 'POST', '/api/v2/dags/~/dagRuns/list', { dag_ids })
    const answer = await list(['hello'])
    expect([answer.status, dagsOf(answer.body.dag_runs)]).toEqual([200, ['hello']])
    expect((await list(['hello', 'finance_close'])).status).toBe(403)
    expect((await list([])).status).toBe(403)
    for (const [path, rows] of [
      ['/api/v2/dagStats?dag_ids=hello', 'dags'],
      ['/ui/dags?dag_ids=hello', 'dags'],
      ['/api/v2/eventLogs?dag_id=hello', 'event_logs'],
    ] as const) {
      const one = await ask('hello', 'GET', path)
      expect([path, one.status, dagsOf(one.body[rows])]).toEqual([path, 200, ['hello']])
      const all = await ask('admins', 'GET', path.split('?')[0] as string)
      expect(dagsOf(all.body[rows]), path).toContain('finance_close')
    }
  })

  test('the allowed one alone is done', async () => {
    const [own] = entities()
    // Airflow deletes no run that goes on.
    const path = `/api/v2/dags/hello/dagRuns/${runs.hello}`
    await eventually('the run has ended', async () =>
      ['success', 'failed'].includes((await ask('admins', 'GET', path)).body.state),
    )
    const done = await ask('hello', 'PATCH', '/api/v2/dags/~/dagRuns', bulk(['delete', own]))
    expect([done.status, done.body.delete?.errors]).toEqual([200, []])
    expect([await exists('hello'), await exists('finance_close')]).toEqual([false, true])
  })
})

test('the tags of DAGs are read', async () => {
  const pool = new Pool(company.airflowUrl)
  const key = createPrivateKey(await readFile(keyFile))
  const identify = identifyToAirflow3(
    createMint({
      issuer: 'https://relay.example',
      signer: () => ({ kid: 'relay', key }),
      audience: 'apache-airflow',
      lifetimeSeconds: 60,
    }),
    false,
  )
  const tags = createDagTags({ pool, identify, version: 3, refreshSeconds: 60, keepSeconds: 600 })
  const { body } = await ask('admins', 'GET', '/api/v2/dags')
  for (const dag of body.dags) {
    const own = dag.tags.map(({ name }: { name: string }) => name)
    expect(await tags.tagsOf(dag.dag_id)).toEqual(own)
  }
  expect(await tags.tagsOf('no_such_dag')).toBeNull()
  await pool.destroy()
})
