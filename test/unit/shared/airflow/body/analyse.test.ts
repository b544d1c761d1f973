import { describe, expect, test } from 'vitest'
import { analyseBody, possibleParts } from '#shared/airflow/body/analyse.ts'
import type { AirflowMajor, ResolvedOperation } from '#shared/airflow/operation.ts'
import { resolve } from '#shared/airflow/resolve.ts'

const runs = '/api/v2/dags/etl/dagRuns'
const anyRuns = '/api/v2/dags/~/dagRuns'
const tasks = `${runs}/r1/taskInstances`
const anyTasks = '/api/v2/dags/~/dagRuns/~/taskInstances'

function asked(method: string, target: string, airflow: AirflowMajor = 3): ResolvedOperation {
  const what = resolve(method, target, airflow)
  if (!what) throw new Error(`${target} is no operation`)
  return what
}

function read(
  method: string,
  target: string,
  body: string | Uint8Array,
  airflow: AirflowMajor = 3,
  contentType: string | null = 'application/json',
) {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  return analyseBody(asked(method, target, airflow), { bytes, contentType, target })
}

const said = ({ operation, resource: { dag, run, task, name } }: ResolvedOperation) =>
  [operation.verb, ...[dag, run, task, name].map((one) => one ?? '-')].join(' ')

const touchedBy = (...args: Parameters<typeof read>) => read(...args).touched.map(said)

describe('Airflow 3', () => {
  test.each([
    [
      '/api/v2/variables',
      [
        { action: 'create', entities: [{ key: 'a', value: 1 }], action_on_existence: 'overwrite' },
        { action: 'update', entities: [{ key: 'b', value: { key: 'inner' } }] },
        { action: 'delete', entities: ['c', { key: 'd', value: 'x' }] },
      ],
      [
        'variable.write - - - a',
        'variable.write - - - b',
        'variable.delete - - - c',
        'variable.delete - - - d',
      ],
    ],
    [
      '/api/v2/connections',
      [
        { action: 'create', entities: [{ connection_id: 'db', conn_type: 'x', extra: '{"a":1}' }] },
        { action: 'delete', entities: ['old'] },
      ],
      ['connection.write - - - db', 'connection.delete - - - old'],
    ],
    [
      '/api/v2/pools',
      [
        {
          action: 'create',
          entities: [
            { name: 'p', slots: 1 },
            { pool: 'q', slots: 1 },
          ],
        },
      ],
      ['pool.write - - - p', 'pool.write - - - q'],
    ],
    [
      runs,
      [
        { action: 'delete', entities: ['r1', { dag_run_id: 'r2' }, { dag_run_id: 'r3', dag_id: 'close' }] },
        {
          action: 'update',
          entities: [
            { dag_run_id: 'r4', dag_id: '' },
            { dag_run_id: 'r5', dag_id: null },
          ],
        },
      ],
      [
        'run.delete etl r1 - -',
        'run.delete etl r2 - -',
        'run.delete close r3 - -',
        'run.write etl r4 - -',
        'run.write etl r5 - -',
      ],
    ],
    [
      anyRuns,
      [
        { action: 'delete', entities: ['r1', { dag_run_id: 'r2', dag_id: 'etl' }] },
        { action: 'update', entities: [{ dag_run_id: 'r3', dag_id: '~' }] },
      ],
      ['run.delete ~ r1 - -', 'run.delete etl r2 - -', 'run.write ~ r3 - -'],
    ],
    [
      tasks,
      [
        { action: 'update', entities: [{ task_id: 't', new_state: 'failed' }] },
        {
          action: 'delete',
          entities: ['u', { task_id: 'v', dag_id: 'close', dag_run_id: 'r9', map_index: 1 }],
        },
      ],
      ['task.write etl r1 t -', 'task.delete etl r1 u -', 'task.delete close r9 v -'],
    ],
    [
      anyTasks,
      [{ action: 'update', entities: [{ task_id: 't', dag_id: 'etl', dag_run_id: 'r1' }] }],
      ['task.write etl r1 t -'],
    ],
    // Nothing is named: as much as it could do.
    ['/api/v2/variables', [], ['variable.delete - - - -']],
    [anyRuns, [{ action: 'delete', entities: [] }], ['run.delete ~ - - -']],
  ])('PATCH %s with %j', (target, actions, expected) => {
    expect(touchedBy('PATCH', target, JSON.stringify({ actions }))).toEqual(expected)
  })

  test.each([
    ['/api/v2/variables', { key: 'a', value: 1 }, ['variable.write - - - a']],
    ['/api/v2/connections', { connection_id: 'db', conn_type: 'x' }, ['connection.write - - - db']],
    ['/api/v2/pools', { name: 'p', slots: 1 }, ['pool.write - - - p']],
    ['/api/v2/backfills', { dag_id: 'etl' }, ['backfill.create etl - - -']],
    ['/api/v2/backfills/dry_run', { dag_id: 'etl' }, ['backfill.create etl - - -']],
    [
      '/api/v2/dags/etl/clearDagRuns',
      { dag_runs: [{ dag_run_id: 'r1' }, { dag_run_id: 'r2', dag_id: 'close' }] },
      ['run.clear etl r1 - -', 'run.clear close r2 - -'],
    ],
    ['/api/v2/dags/etl/clearDagRuns', { partition_key: 'p' }, ['run.clear etl - - -']],
    ['/api/v2/dags/etl/clearTaskInstances', { dag_run_id: 'r1' }, ['task.clear etl - - -']],
    [`${anyRuns}/list`, { dag_ids: ['etl', 'close', 'etl'] }, ['run.read etl - - -', 'run.read close - - -']],
    [`${anyRuns}/list`, { dag_ids: [] }, ['run.read ~ - - -']],
    [`${anyRuns}/list`, { dag_ids: null }, ['run.read ~ - - -']],
    [`${anyRuns}/list`, {}, ['run.read ~ - - -']],
    [`${anyTasks}/list`, { dag_ids: ['etl'] }, ['task.read etl ~ - -']],
    [runs, { logical_date: null }, ['run.trigger etl - - -']],
  ])('POST %s with %j', (target, body, expected) => {
    expect(touchedBy('POST', target, JSON.stringify(body))).toEqual(expected)
  })

  test.each([
    [runs, { conf: { a: 1 }, dag_run_id: 'mine' }, { a: 1 }, 'mine'],
    [runs, {}, null, null],
    ['/api/v2/assets/7/materialize', { conf: { a: 1 } }, { a: 1 }, null],
    ['/api/v2/backfills', { dag_id: 'etl', dag_run_conf: { b: 2 } }, { b: 2 }, null],
    ['/api/v2/dags/etl/clearTaskInstances', { task_ids: ['t', ['u', 1]], dag_run_id: 'r1' }, undefined, 'r1'],
  ])('POST %s with %j has its conf and its run', (target, body, conf, runId) => {
    const facts = read('POST', target, JSON.stringify(body))
    expect([facts.conf, facts.runId]).toEqual([conf, runId])
  })

  test('an asset is materialized without a body too, a trigger is not', () => {
    expect(read('POST', '/api/v2/assets/7/materialize', '')).toMatchObject({ conf: null })
    expect(() => read('POST', runs, '')).toThrow('JSON')
  })
})

describe('Airflow 2', () => {
  const v1 = '/api/v1/dags'

  test.each([
    [`${v1}/~/dagRuns/list`, { dag_ids: ['etl', 'close'] }, ['run.read etl - - -', 'run.read close - - -']],
    [`${v1}/~/dagRuns/~/taskInstances/list`, {}, ['task.read ~ - - -']],
    [`${v1}/etl/clearTaskInstances`, { dry_run: false }, ['task.clear etl - - -']],
    [`${v1}/etl/clearTaskInstances`, { include_subdags: false }, ['task.clear etl - - -']],
    [
      `${v1}/etl/clearTaskInstances`,
      { include_subdags: true },
      ['task.clear etl - - -', 'task.clear ~ - - -'],
    ],
    [
      `${v1}/etl/clearTaskInstances`,
      { include_parentdag: 'yes' },
      ['task.clear etl - - -', 'task.clear ~ - - -'],
    ],
    ['/api/v1/variables', { key: 'a', value: 'b' }, ['variable.write - - - a']],
  ])('POST %s with %j', (target, body, expected) => {
    expect(touchedBy('POST', target, JSON.stringify(body), 2)).toEqual(expected)
  })

  const form = 'application/x-www-form-urlencoded; charset=utf-8'

  test.each([
    ['/clear', 'dag_id=etl&task_id=t&recursive=false', ['task.clear etl - t -']],
    ['/clear', 'dag_id=etl&task_id=t&recursive=true', ['task.clear etl - t -', 'task.clear ~ - - -']],
    ['/dagrun_failed', 'dag_id=etl&dag_run_id=r%201', ['run.write etl r 1 - -']],
    ['/paused?is_paused=true&dag_id=etl', '', ['dag.write etl - - -']],
    ['/dag_stats', 'dag_ids=etl&dag_ids=close', ['run.read etl - - -', 'run.read close - - -']],
    ['/dag_stats', 'csrf_token=x', ['run.read ~ - - -']],
    ['/dags/etl/trigger', 'conf=%7B%22a%22%3A1%7D', ['run.trigger etl - - -']],
    ['/dags/etl/trigger', 'unpause=on', ['run.trigger etl - - -', 'dag.write etl - - -']],
  ])('POST %s with %s', (target, body, expected) => {
    expect(touchedBy('POST', target, body, 2, body === '' ? null : form)).toEqual(expected)
  })

  test('a trigger’s conf and run are in the form', () => {
    const facts = read('POST', '/dags/etl/trigger', 'conf=%7B%22a%22%3A1%7D&run_id=mine', 2, form)
    expect(facts).toMatchObject({ conf: { a: 1 }, runId: 'mine' })
  })

  test.each([
    ['/clear', 'task_id=t', form, 'no dag_id'],
    ['/clear', 'dag_id=etl&dag_id=close', form, 'more than once'],
    ['/clear?dag_id=etl', 'dag_id=close', form, 'more than once'],
    ['/clear', 'dag_id=%ff', form, 'not UTF-8'],
    ['/clear', new Uint8Array([0x64, 0xff]), form, 'not UTF-8'],
    ['/clear?dag_id=etl', '{"dag_id":"close"}', 'application/json', 'has to be a form'],
    ['/clear', 'dag_id=etl', 'multipart/form-data; boundary=x', 'has to be a form'],
    ['/clear', 'dag_id=etl', null, 'has to be a form'],
    ['/dag_stats', 'dag_ids=%2565tl', form, 'is no DAG id'],
    ['/dags/etl/trigger', 'conf=x', form, 'has to be JSON'],
    ['/dags/etl/trigger', 'conf=%7B%7D&conf=%7B%7D', form, 'more than once'],
  ])('POST %s with %s (%s) is refused: %s', (target, body, type, reason) => {
    expect(() => read('POST', target, body, 2, type)).toThrow(reason)
  })
})

test.each([
  ['', 'has to be JSON'],
  ['{', 'has to be JSON'],
  ['{"actions":[]}{"actions":[]}', 'has to be JSON'],
  ['{"actions":NaN}', 'has to be JSON'],
  ['[]', 'has to be a JSON object'],
  ['null', 'has to be a JSON object'],
  ['{}', 'actions has to be a list'],
  ['{"actions":{}}', 'actions has to be a list'],
  ['{"Actions":[]}', '"Actions" is not actions'],
  ['{"actions":[],"ACTIONS":[]}', '"ACTIONS" is not actions'],
  ['{"actions":[],"actions":[]}', 'the key "actions" twice'],
  ['{"actions":[],"\\u0061ctions":[]}', 'the key "actions" twice'],
  ['{"actions":["delete"]}', 'An action has to be'],
  ['{"actions":[{"action":"purge","entities":[]}]}', 'create, update or delete'],
  ['{"actions":[{"action":"Delete","entities":[]}]}', 'create, update or delete'],
  ['{"actions":[{"entities":["a"]}]}', 'create, update or delete'],
  ['{"actions":[{"action":"delete","Action":"create","entities":["a"]}]}', '"Action" is not action'],
  ['{"actions":[{"action":"create","action":"delete","entities":["a"]}]}', 'the key "action" twice'],
  ['{"actions":[{"action":"delete"}]}', 'entities has to be a list'],
  ['{"actions":[{"action":"delete","entities":"a"}]}', 'entities has to be a list'],
  ['{"actions":[{"action":"delete","entities":[1]}]}', 'An entity has to be'],
  ['{"actions":[{"action":"delete","entities":[["a"]]}]}', 'An entity has to be'],
  ['{"actions":[{"action":"delete","entities":[""]}]}', 'An entity is empty'],
  ['{"actions":[{"action":"update","entities":["a"]}]}', 'An entity has to be'],
  ['{"actions":[{"action":"delete","entities":[{}]}]}', 'has no key'],
  ['{"actions":[{"action":"delete","entities":[{"Key":"a"}]}]}', '"Key" is not key'],
  ['{"actions":[{"action":"delete","entities":[{"key":"a","key":"b"}]}]}', 'the key "key" twice'],
  ['{"actions":[{"action":"delete","entities":[{"key":["a"]}]}]}', 'key has to be text'],
])('a bulk body %s is refused: %s', (body, reason) => {
  expect(() => read('PATCH', '/api/v2/variables', body)).toThrow(reason)
})

test.each([
  [
    'PATCH',
    '/api/v2/pools',
    '{"actions":[{"action":"delete","entities":[{"name":"a","pool":"b"}]}]}',
    'both',
  ],
  [
    'PATCH',
    runs,
    '{"actions":[{"action":"delete","entities":[{"dag_id":"close"}]}]}',
    'An entity has no dag_run_id',
  ],
  [
    'PATCH',
    runs,
    '{"actions":[{"action":"delete","entities":[{"dag_run_id":"r","dag_id":7}]}]}',
    'dag_id has to be text',
  ],
  [
    'PATCH',
    tasks,
    '{"actions":[{"action":"delete","entities":[{"task_id":"t","DAG_ID":"x"}]}]}',
    '"DAG_ID" is not dag_id',
  ],
  ['POST', '/api/v2/dags/etl/clearDagRuns', '{"dag_runs":["r1"]}', 'A run has to be'],
  ['POST', '/api/v2/backfills', '{"from_date":"x"}', 'no dag_id'],
  ['POST', `${anyRuns}/list`, '{"dag_ids":"etl"}', 'dag_ids has to be a list'],
  ['POST', `${anyRuns}/list`, '{"dag_ids":[null]}', 'a list of DAG ids'],
  ['POST', `${anyRuns}/list`, '{"dag_ids":[""]}', 'a list of DAG ids'],
  ['POST', runs, '{"conf":{"a":1},"Conf":{"a":2}}', '"Conf" is not conf'],
  ['POST', runs, '{"conf":{"a":1,"a":2}}', 'the key "a" twice'],
  ['POST', runs, '{"conf":[1]}', 'The conf has to be a JSON object'],
  ['POST', '/api/v2/backfills', '{"dag_id":"etl","dag_run_conf":"x"}', 'The conf has to be'],
])('%s %s with %s is refused: %s', (method, target, body, reason) => {
  expect(() => read(method, target, body)).toThrow(reason)
})

test('a body 100 deep is taken, and one 101 deep is not', () => {
  const nested = (depth: number) => `{"conf":{"a":${'['.repeat(depth - 2)}${']'.repeat(depth - 2)}}}`
  expect(read('POST', runs, nested(100)).conf).toBeDefined()
  expect(() => read('POST', runs, nested(101))).toThrow('nested more than 100 deep')
  expect(() => read('POST', runs, nested(500_000))).toThrow('nested more than 100 deep')
})

test('a name of 256 characters is taken, and one of 257 is not', () => {
  const [fits, over] = ['x'.repeat(256), 'x'.repeat(257)]
  const deletion = (entity: unknown) =>
    JSON.stringify({ actions: [{ action: 'delete', entities: [entity] }] })
  for (const body of [(name: string) => deletion(name), (key: string) => deletion({ key })]) {
    expect(touchedBy('PATCH', '/api/v2/variables', body(fits))).toHaveLength(1)
    expect(() => read('PATCH', '/api/v2/variables', body(over))).toThrow('longer than 256')
  }
  const list = (dag: string) => JSON.stringify({ dag_ids: [dag] })
  expect(touchedBy('POST', `${anyRuns}/list`, list(fits))).toHaveLength(1)
  expect(() => read('POST', `${anyRuns}/list`, list(over))).toThrow('longer than 256')
  const form = 'application/x-www-form-urlencoded'
  expect(() => read('POST', '/clear', `dag_id=${over}`, 2, form)).toThrow('longer than 256')
  expect(read('POST', '/dags/etl/trigger', `conf={"a":"${over}"}`, 2, form).conf).toEqual({ a: over })
})

test('what is free text in it is left alone', () => {
  const value = { Key: 1, key: 2, text: '{"a":1,"a":2}', quoted: 'a\\"b', list: [{ a: 1 }, { a: 2 }] }
  const actions = [{ action: 'update', entities: [{ key: 'a', value }] }]
  expect(touchedBy('PATCH', '/api/v2/variables', JSON.stringify({ actions }, null, 2))).toEqual([
    'variable.write - - - a',
  ])
})

test('bytes that are no UTF-8 are refused, and UTF-16', () => {
  const body = Buffer.from('{"actions":[]}')
  expect(() => read('PATCH', '/api/v2/variables', Buffer.concat([body, Buffer.from([0xff])]))).toThrow('JSON')
  expect(() => read('PATCH', '/api/v2/variables', Buffer.from('{"actions":[]}', 'utf16le'))).toThrow('JSON')
})

test('1000 things are taken and 1001 are not', () => {
  const entities = Array.from({ length: 1000 }, (_, i) => `v${i}`)
  const body = (all: string[]) => JSON.stringify({ actions: [{ action: 'delete', entities: all }] })
  expect(touchedBy('PATCH', '/api/v2/variables', body([...entities, 'v1']))).toHaveLength(1000)
  expect(() => read('PATCH', '/api/v2/variables', body([...entities, 'w']))).toThrow('more than 1000 things')
})

test.each([
  ['PATCH', '/api/v2/variables', ['variable.write - - - -', 'variable.delete - - - -']],
  ['PATCH', runs, ['run.write ~ - - -', 'run.delete ~ - - -']],
  ['POST', '/api/v2/dags/etl/clearDagRuns', ['run.clear ~ - - -']],
  ['POST', runs, ['run.trigger etl - - -']],
  ['POST', '/api/v2/backfills', ['backfill.create ~ - - -']],
])('%s %s could touch %j', (method, target, expected) => {
  expect(possibleParts(asked(method, target)).map(said)).toEqual(expected)
})
