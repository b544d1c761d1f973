import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { type OwnRelay, startOwnRelay } from '../../support/own-relay.ts'
import { startTokenProvider, type TokenProvider } from '../../support/token-provider.ts'
import { startToldUpstream, type ToldUpstream } from '../../support/told-upstream.ts'

/** What a request names in its body or its query, decided by a relay in front of an upstream that keeps what it gets. */
const limitBytes = 4096
let provider: TokenProvider
let upstream: ToldUpstream
let relay: OwnRelay
let narrowing: OwnRelay
let got: { target: string; body: string }[] = []

const policy = {
  contact: 'Ask us.',
  roles: { keeper: { verbs: ['variable.read', 'variable.write'], airflowRole: 'op' } },
  grants: [
    { group: 'etl', role: 'user', dags: ['etl_*', 'hello'] },
    { group: 'all', role: 'user' },
    { group: 'keepers', role: 'keeper' },
    { group: 'ops', role: 'op' },
    { group: 'readers', role: 'viewer', dags: ['etl_*'] },
  ],
}

beforeAll(async () => {
  provider = await startTokenProvider()
  upstream = await startToldUpstream()
  upstream.answer = async (asked, response) => {
    got.push({ target: asked.url ?? '', body: await text(asked) })
    response.end('{}')
  }
  const start = (listNarrowing: string) =>
    startOwnRelay(provider.issuer, {
      services: {
        airflow: { type: 'airflow', url: upstream.url, listNarrowing, identity: { keyFile: 'relay.pem' } },
      },
      direct: 'airflow',
      policy,
      limits: { maxTriggerBodyBytes: limitBytes },
    })
  relay = await start('none')
  narrowing = await start('airflow')
})
afterAll(async () => {
  await relay?.close()
  await narrowing?.close()
  upstream?.close()
  await provider?.close()
})
beforeEach(() => {
  got = []
})

async function ask(
  group: string,
  method: string,
  target: string,
  body?: string | Buffer,
  headers = {},
  at = relay,
) {
  const authorization = `Bearer ${await provider.token({ groups: [group] })}`
  const response = await fetch(at.url + target, {
    method,
    headers: { authorization, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body }),
  })
  return {
    status: response.status,
    problem: (await response.json()) as { code?: string; detail?: string },
    id: response.headers.get('x-request-id'),
  }
}

const bulk = (...actions: [action: string, ...entities: unknown[]][]) =>
  JSON.stringify({ actions: actions.map(([action, ...entities]) => ({ action, entities })) }, null, 1)

const anyRuns = '/api/v2/dags/~/dagRuns'
const anyTasks = '/api/v2/dags/~/dagRuns/~/taskInstances'
const run = (dag_id: string, dag_run_id = 'r') => ({ dag_id, dag_run_id })

describe.each([
  [
    'runs',
    'PATCH',
    anyRuns,
    bulk(['delete', run('etl_a'), run('hello')], ['update', run('etl_b')]),
    bulk(['delete', run('etl_a'), run('close')]),
    'run.delete on close needs the role user',
  ],
  [
    'runs, with a DAG in the path',
    'PATCH',
    '/api/v2/dags/etl_a/dagRuns',
    bulk(['delete', 'r1', run('etl_b')]),
    bulk(['delete', 'r1', run('close'), run('pay')]),
    'run.delete on close, pay needs',
  ],
  [
    'runs, with a forbidden DAG in the path that no entity is of',
    'PATCH',
    '/api/v2/dags/close/dagRuns',
    bulk(['delete', run('etl_b')]),
    bulk(['delete', 'r1']),
    'run.delete on close needs',
  ],
  [
    'task instances',
    'PATCH',
    anyTasks,
    bulk(['update', { task_id: 't', ...run('etl_a') }]),
    bulk(['update', { task_id: 't', ...run('etl_a') }, { task_id: 't', ...run('close') }]),
    'task.write on close needs',
  ],
  [
    'runs to clear',
    'POST',
    '/api/v2/dags/etl_a/clearDagRuns',
    JSON.stringify({ dag_runs: [{ dag_run_id: 'r' }, run('hello')] }),
    JSON.stringify({ dag_runs: [{ dag_run_id: 'r' }, run('close')] }),
    'run.clear on close needs',
  ],
  [
    'a backfill',
    'POST',
    '/api/v2/backfills',
    JSON.stringify({ dag_id: 'etl_a' }),
    JSON.stringify({ dag_id: 'close' }),
    'backfill.create on close needs',
  ],
  [
    'a list of runs',
    'POST',
    `${anyRuns}/list`,
    JSON.stringify({ dag_ids: ['etl_a', 'hello'] }),
    JSON.stringify({ dag_ids: ['etl_a', 'close'] }),
    'run.read on close needs',
  ],
  [
    'a list of task instances',
    'POST',
    `${anyTasks}/list`,
    JSON.stringify({ dag_ids: ['etl_a'] }),
    JSON.stringify({ dag_ids: [] }),
    'task.read on everything needs',
  ],
])('%s', (_what, method, target, good, bad, reason) => {
  test('all of it allowed: as it came', async () => {
    expect((await ask('etl', method, target, good)).status).toBe(200)
    expect(got).toEqual([{ target, body: good }])
  })

  test('a part of it forbidden: nothing of it arrives, and the error names the part', async () => {
    const { status, problem } = await ask('etl', method, target, bad)
    expect([status, problem.code, problem.detail]).toEqual([
      403,
      'FORBIDDEN',
      expect.stringContaining(reason),
    ])
    expect(got).toEqual([])
  })

  test('with the right for all, both', async () => {
    expect((await ask('all', method, target, good)).status).toBe(200)
    expect((await ask('all', method, target, bad)).status).toBe(200)
  })
})

test('one who may write variables and not delete them: a body with both is refused whole', async () => {
  const write = bulk(['create', { key: 'a', value: '1' }], ['update', { key: 'b', value: '2' }])
  expect((await ask('keepers', 'PATCH', '/api/v2/variables', write)).status).toBe(200)
  const both = bulk(['create', { key: 'a', value: '1' }], ['delete', 'b'])
  const { status, problem } = await ask('keepers', 'PATCH', '/api/v2/variables', both)
  expect([status, problem.detail]).toEqual([
    403,
    expect.stringContaining('variable.delete on b needs the role op'),
  ])
  expect((await ask('ops', 'PATCH', '/api/v2/variables', both)).status).toBe(200)
  expect(got).toHaveLength(2)
})

test.each([
  ['an entity without its DAG under ~', anyRuns, bulk(['delete', 'r1'])],
  ['~ as the DAG of an entity', anyRuns, bulk(['delete', run('~')])],
  ['no entity at all', anyRuns, bulk()],
])('%s takes the right for all', async (_what, target, body) => {
  const { status, problem } = await ask('etl', 'PATCH', target, body)
  expect([status, problem.detail]).toEqual([403, expect.stringContaining('on everything')])
  expect((await ask('all', 'PATCH', target, body)).status).toBe(200)
})

test.each([
  ['{"actions":[{"action":"delete","entities":["r"]}],"Actions":[]}', 400, 'BAD_REQUEST'],
  ['{"actions":[{"action":"delete","entities":["r"],"entities":["s"]}]}', 400, 'BAD_REQUEST'],
  ['{"actions":[{"action":"remove","entities":["r"]}]}', 400, 'BAD_REQUEST'],
  ['{"deletions":["r"]}', 400, 'BAD_REQUEST'],
  ['x', 400, 'BAD_REQUEST'],
  [' '.repeat(limitBytes + 1), 413, 'BODY_TOO_LARGE'],
])('a bulk body %s is %i', async (body, status, code) => {
  const answer = await ask('all', 'PATCH', anyRuns, body)
  expect([answer.status, answer.problem.code]).toEqual([status, code])
  expect(got).toEqual([])
})

test('a body of just the limit is read, and one that is compressed is not', async () => {
  const body = bulk(['delete', run('etl_a')])
  expect((await ask('etl', 'PATCH', anyRuns, body.padEnd(limitBytes))).status).toBe(200)
  const gzip = { 'content-encoding': 'gzip' }
  expect((await ask('etl', 'PATCH', anyRuns, gzipSync(body), gzip)).status).toBe(400)
})

test.each([
  ['nobody', 'PATCH', '/api/v2/variables'],
  ['etl', 'PATCH', '/api/v2/variables'],
  ['etl', 'POST', '/api/v2/variables'],
  ['readers', 'PATCH', anyRuns],
  ['readers', 'POST', '/api/v2/backfills'],
  ['readers', 'POST', '/api/v2/dags/etl_a/dagRuns'],
  ['etl', 'POST', '/api/v2/dags/close/dagRuns'],
])('one of %s is refused %s %s before the body is there', async (group, method, target) => {
  const headers = {
    authorization: `Bearer ${await provider.token({ groups: [group] })}`,
    'content-type': 'application/json',
    'content-length': 1000,
  }
  const asking = request(relay.url + target, { method, headers })
  asking.flushHeaders()
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  expect([response.statusCode, JSON.parse(await text(response)).code]).toEqual([403, 'FORBIDDEN'])
  asking.destroy()
  expect(got).toEqual([])
})

describe('lists of Airflow', () => {
  const ofAll = ['/api/v2/dags', `${anyRuns}?limit=5`, '/ui/dags', '/api/v2/importErrors', '/api/v2/dagTags']

  test.each(ofAll)('GET %s takes the right for all', async (target) => {
    expect((await ask('etl', 'GET', target)).status).toBe(403)
    expect((await ask('all', 'GET', target)).status).toBe(200)
  })

  test.each(ofAll)('GET %s takes any, where Airflow narrows it', async (target) => {
    const as = (group: string) => ask(group, 'GET', target, undefined, {}, narrowing)
    expect((await as('etl')).status).toBe(200)
    expect((await as('keepers')).status).toBe(403)
  })

  test.each([
    ['GET', '/api/v2/variables'],
    ['GET', '/api/v2/jobs'],
    ['GET', '/api/v2/eventLogs'],
    ['PATCH', '/api/v2/dags?dag_id_pattern=etl'],
  ])('%s %s takes the right for all there too', async (method, target) => {
    const body = method === 'PATCH' ? '{"is_paused":true}' : undefined
    expect((await ask('etl', method, target, body, {}, narrowing)).status).toBe(403)
  })

  test('a list with a body is narrowed too, and a forbidden DAG in it is forbidden', async () => {
    const as = (body: object) => ask('etl', 'POST', `${anyRuns}/list`, JSON.stringify(body), {}, narrowing)
    expect((await as({})).status).toBe(200)
    expect((await as({ dag_ids: ['close'] })).status).toBe(403)
  })

  test.each([
    ['/api/v2/dagStats?dag_ids=etl_a&dag_ids=hello', 200],
    ['/api/v2/dagStats?dag_ids=etl_a&dag_ids=close', 403],
    ['/api/v2/dagStats', 403],
    ['/api/v2/eventLogs?dag_id=etl_a', 200],
    ['/api/v2/eventLogs?dag_id=close', 403],
    ['/ui/structure/structure_data?dag_id=etl_a', 200],
    ['/ui/structure/structure_data?dag_id=etl_a&external_dependencies=true', 403],
  ])('GET %s: %i', async (target, status) => {
    expect((await ask('etl', 'GET', target)).status).toBe(status)
  })
})

test('the record says all that was touched, whatever was decided', async () => {
  const body = bulk(['delete', run('etl_a')], ['update', run('close', 's')])
  const { id } = await ask('etl', 'PATCH', anyRuns, body)
  const record = await eventually('the record', async () =>
    (await relay.records()).find((one) => one.id === id),
  )
  expect(record).toMatchObject({
    verb: 'run.delete',
    resource: { dag: '~', run: null },
    touched: [
      { verb: 'run.delete', dag: 'etl_a', run: 'r', task: null, name: null },
      { verb: 'run.write', dag: 'close', run: 's', task: null, name: null },
    ],
    decision: { effect: 'deny', code: 'FORBIDDEN' },
  })
  const single = await ask('etl', 'POST', '/api/v2/backfills', '{"dag_id":"etl_a"}')
  const plain = await eventually('the record', async () =>
    (await relay.records()).find((one) => one.id === single.id),
  )
  expect(plain).toMatchObject({ resource: { dag: 'etl_a' }, touched: null })
  expect(plain.confDigest).toMatch(/^sha256:/)
})
