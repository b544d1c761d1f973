import { expect, test } from 'vitest'
import { catalogue } from '#shared/airflow/catalogue.ts'
import { resolve } from '#shared/airflow/resolve.ts'

/** A path of the template, with a value for each parameter that no literal is equal to. */
function sample(template: string): string {
  return template
    .split('/')
    .map((part) => {
      if (part === '**') return 'some/thing'
      if (part.endsWith(':path}')) return 'a%20key/with/parts'
      return part.startsWith('{') ? `x%20${part.slice(1, -1)}` : part
    })
    .join('/')
}

const rows = catalogue.map(
  (operation) => [`${operation.airflow}: ${operation.method} ${operation.path}`, operation] as const,
)

test.each(rows)('%s resolves to itself', (_name, operation) => {
  expect(resolve(operation.method, sample(operation.path), operation.airflow)?.operation).toBe(operation)
  const target = `${sample(operation.path)}?limit=1/../2`
  expect(resolve(operation.method, target, operation.airflow)?.operation).toBe(operation)
})

const tasks = '/api/v2/dags/etl/dagRuns/r1/taskInstances'

test.each([
  ['GET', '/api/v2/dags/etl', 'get_dag', { dag: 'etl' }],
  ['GET', '/api/v2/dags/%65tl%2Eorders', 'get_dag', { dag: 'etl.orders' }],
  ['GET', '/api/v2/dags/100%2525', 'get_dag', { dag: '100%25' }],
  ['GET', '/api/v2/dags/b%C3%BCcher', 'get_dag', { dag: 'bücher' }],
  ['GET', '/api/v2/dags/~/dagRuns', 'get_dag_runs', { dag: '~' }],
  ['GET', '/api/v2/dags/%7E/dagRuns', 'get_dag_runs', { dag: '~' }],
  ['GET', '/api/v2/dags', 'get_dags', { dag: '~' }],
  ['GET', '/api/v2/dags?dag_id=etl', 'get_dags', { dag: '~' }],
  ['GET', '/ui/structure/structure_data?dag_id=etl', 'structure_data', { dag: '~' }],
  ['GET', '/ui/grid/runs/etl', 'get_grid_runs', { dag: 'etl' }],
  ['GET', '/ui/gantt/etl/r1', 'get_gantt_data', { dag: 'etl', run: 'r1' }],
  ['POST', '/api/v2/dags/etl/dagRuns', 'trigger_dag_run', { dag: 'etl' }],
  ['PATCH', '/api/v2/dags/etl/dagRuns', 'bulk_dag_runs', { dag: 'etl' }],
  ['PATCH', tasks, 'bulk_task_instances', { dag: 'etl', run: 'r1' }],
  ['POST', '/api/v2/dags/etl/clearDagRuns', 'clear_dag_runs', { dag: 'etl' }],
  ['GET', `${tasks}/load`, 'get_task_instance', { dag: 'etl', run: 'r1', task: 'load' }],
  ['GET', `${tasks}/load/listMapped`, 'get_mapped_task_instances', { dag: 'etl', run: 'r1', task: 'load' }],
  ['GET', `${tasks}/load/7`, 'get_mapped_task_instance', { dag: 'etl', run: 'r1', task: 'load', name: '7' }],
  ['GET', `${tasks}/load/logs/1`, 'get_log', { dag: 'etl', run: 'r1', task: 'load', name: '1' }],
  [
    'GET',
    `${tasks}/load/xcomEntries/a/b`,
    'get_xcom_entry',
    { dag: 'etl', run: 'r1', task: 'load', name: 'a/b' },
  ],
  ['GET', '/api/v2/variables/team/key', 'get_variable', { name: 'team/key' }],
  ['GET', '/api/v2/connections/enqueue-test', 'get_connection_test', {}],
  ['GET', '/api/v2/connections/warehouse', 'get_connection', { name: 'warehouse' }],
  ['GET', '/api/v2/assets/events', 'get_asset_events', {}],
  ['GET', '/api/v2/assets/12', 'get_asset', { name: '12' }],
  ['PUT', '/api/v2/backfills/3/cancel', 'cancel_backfill', { dag: '~', name: '3' }],
  ['POST', '/auth/token', 'closed', {}],
  ['POST', '/execution/variables/x', 'closed', {}],
  ['HEAD', '/dags/etl/grid', 'ui.page', {}],
] as const)('%s %s is %s', (method, target, id, resource) => {
  const resolved = resolve(method, target)
  expect(resolved?.operation.id).toBe(id)
  expect(resolved?.resource).toEqual({ dag: null, run: null, task: null, name: null, ...resource })
})

const hostile = [
  '',
  '*',
  'api/v2/dags',
  'http://127.0.0.1/api/v2/dags',
  '//',
  '//api/v2/dags',
  '/api//v2/dags',
  '/api/v2/dags/',
  '/api/v2/dags/etl/',
  '/api/v2/dags/.',
  '/api/v2/dags/..',
  '/api/v2/dags/../variables',
  '/api/v2/dags/%2e%2e/variables',
  '/api/v2/dags/%2E',
  '/api/v2/dags/etl%2FdagRuns',
  '/api/v2/dags/etl%2fdagRuns',
  '/api/v2/dags/etl%5Cx',
  '/api/v2/dags/etl\\x',
  '/api/v2/dags/etl%00',
  '/api/v2/dags/etl%0A',
  '/api/v2/dags/etl%0d%0aX:y',
  '/api/v2/dags/etl%7F',
  '/api/v2/dags/etl;v=1',
  '/api/v2/dags/etl%3Bv=1',
  '/api/v2/dags/etl%',
  '/api/v2/dags/etl%4',
  '/api/v2/dags/etl%zz',
  '/api/v2/dags/%C0%AF',
  '/api/v2/dags/%FF',
  '/api/v2/dags/%ED%A0%80',
  '/api/v2/variables/a//b',
  '/api/v2/variables/a/../b',
  '/api/v2/variables/a%2Fb',
  '/API/v2/dags',
  '/api/v2/Dags',
  '/api/v1/dags',
  '/api/v2/nothing',
  '/static/../api/v2/dags',
  '/static//x',
  '/nothing',
  '/__proto__',
  '/constructor',
]

test.each(hostile)('%j is no operation', (target) => {
  expect(resolve('GET', target)).toBeNull()
})

test.each([
  ['get', '/api/v2/dags'],
  ['HEAD', '/api/v2/dags'],
  ['OPTIONS', '/api/v2/dags'],
  ['TRACE', '/'],
  ['CONNECT', '/'],
  ['POST', '/home'],
  ['DELETE', '/api/v2/dags'],
  ['', '/'],
])('%s %s is no operation', (method, target) => {
  expect(resolve(method, target)).toBeNull()
})

test('whatever is asked, it answers; what it takes for a DAG is what Airflow would decode', () => {
  const pieces = [
    ...new Set(catalogue.flatMap(({ path }) => path.split('/').filter((part) => !/[{*]/.test(part)))),
    ...[
      '..',
      '.',
      '%2e',
      '%2F',
      '%5c',
      '%00',
      '%',
      '%e2%82%ac',
      '~',
      ';',
      '\\',
      '?',
      '#',
      'a b',
      '\u0000',
      'é',
      'x',
    ],
  ]
  const random = seeded(20_261_124)
  let resolvedCount = 0
  for (let i = 0; i < 50_000; i += 1) {
    const { method, path, airflow } = catalogue[random(catalogue.length)] as (typeof catalogue)[number]
    const parts = sample(path).split('/')
    for (let n = random(3); n > 0; n -= 1)
      parts[random(parts.length)] = pieces[random(pieces.length)] as string
    if (random(8) === 0) parts.splice(random(parts.length), 1)
    const target = parts.join('/')
    const resolved = resolve(method, target, airflow)
    if (!resolved) continue
    resolvedCount += 1
    const decoded = (target.split('?')[0] as string).split('/').map(decodeURIComponent)
    expect(resolve(method, decoded.map(encodeURIComponent).join('/'), airflow), target).toEqual(resolved)
    const at = resolved.operation.path.split('/').indexOf('{dag_id}')
    if (at > 0) expect(resolved.resource.dag).toBe(decoded[at])
  }
  expect(resolvedCount).toBeGreaterThan(10_000)
})

/** mulberry32: the same numbers in each run. */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}
