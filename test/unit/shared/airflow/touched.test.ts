import { expect, test } from 'vitest'
import type { AirflowMajor } from '#shared/airflow/operation.ts'
import { resolve } from '#shared/airflow/resolve.ts'
import { isNarrowed, touched } from '#shared/airflow/touched.ts'

function touchedBy(method: string, target: string, airflow: AirflowMajor = 3): string[] {
  const what = resolve(method, target, airflow)
  if (!what) throw new Error(`${target} is no operation`)
  return touched(what, target).map(
    ({ operation, resource: { dag, name } }) => `${operation.verb} ${dag ?? name ?? '-'}`,
  )
}

test.each([
  ['/api/v2/dags', ['dag.read ~']],
  ['/api/v2/dags?dag_id_pattern=etl', ['dag.read ~']],
  ['/api/v2/dagStats', ['run.read ~']],
  ['/api/v2/dagStats?dag_ids=etl', ['run.read etl']],
  ['/api/v2/dagStats?dag_ids=etl&dag_ids=close&dag_ids=etl', ['run.read etl', 'run.read close']],
  ['/api/v2/dagStats?dag%5Fids=%65tl', ['run.read etl']],
  ['/api/v2/dagStats?dag_ids=a+b', ['run.read a b']],
  ['/api/v2/dagStats?dag_ids=~', ['run.read ~']],
  // Airflow takes an empty value for none
  ['/api/v2/dagStats?dag_ids=', ['run.read ~']],
  ['/api/v2/dagStats?dag_ids', ['run.read ~']],
  ['/api/v2/dagStats?dag_ids=etl&dag_ids=', ['run.read ~']],
  ['/api/v2/dagStats?dag_ids=%ff', ['run.read ~']],
  ['/api/v2/dagStats?Dag_ids=etl', ['run.read ~']],
  ['/api/v2/dagStats?x=1;dag_ids=etl', ['run.read ~']],
  ['/api/v2/eventLogs', ['event-log.read -']],
  ['/api/v2/eventLogs?dag_id=etl', ['event-log.read etl']],
  ['/api/v2/eventLogs?dag_id=etl&dag_id=close', ['event-log.read etl', 'event-log.read close']],
  ['/api/v2/backfills?dag_id=etl', ['backfill.read etl']],
  ['/api/v2/backfills/7', ['backfill.read ~']],
  ['/api/v2/assets?dag_ids=etl', ['asset.read -']],
  ['/api/v2/dags/etl/dagRuns/r/upstreamAssetEvents', ['run.read etl', 'asset.read etl']],
  ['/ui/dags?dag_ids=etl', ['dag.read etl', 'run.read etl', 'hitl.read etl', 'task.read etl']],
  ['/ui/dags', ['dag.read ~', 'run.read ~', 'hitl.read ~', 'task.read ~']],
  ['/ui/grid/runs/etl', ['run.read etl', 'task.read etl']],
  ['/ui/structure/structure_data?dag_id=etl', ['dag.read etl', 'task.read etl']],
  ['/ui/structure/structure_data?dag_id=etl&external_dependencies=false', ['dag.read etl', 'task.read etl']],
  ['/ui/structure/structure_data?dag_id=etl&external_dependencies=true', ['dag.read ~', 'task.read ~']],
  ['/ui/structure/structure_data?dag_id=etl&external_dependencies=1', ['dag.read ~', 'task.read ~']],
])('GET %s touches %j', (target, expected) => {
  expect(touchedBy('GET', target)).toEqual(expected)
})

test.each([
  ['GET', '/api/v1/dagStats?dag_ids=etl,close', ['run.read etl', 'run.read close']],
  ['GET', '/api/v1/dagStats?dag_ids=etl,', ['run.read ~']],
  ['GET', '/dags/etl/grid', ['dag.read etl', 'run.read etl', 'task.read etl']],
  ['GET', '/log?dag_id=etl&task_id=t', ['log.read etl']],
  ['GET', '/log?task_id=t', ['log.read ~']],
  ['GET', '/object/grid_data?dag_id=etl', ['run.read etl', 'task.read etl']],
  ['GET', '/variable/list/', ['variable.read -']],
  ['GET', '/home', ['dag.read ~', 'run.read ~']],
])('of Airflow 2, %s %s touches %j', (method, target, expected) => {
  expect(touchedBy(method, target, 2)).toEqual(expected)
})

test.each([
  [3, '/dags/etl/grid', 'ui.view'],
  [2, '/dags/etl/grid', 'dag.read'],
  [3, '/api/v1/dags', undefined],
  [2, '/api/v2/dags', undefined],
  [2, '/ui/dags', undefined],
  [3, '/variable/list/', undefined],
  [2, '/variable/list', undefined],
  [2, '/users/list/', undefined],
  [2, '/variable/api/read', undefined],
] as const)('Airflow %i: GET %s is %s', (airflow, target, verb) => {
  expect(resolve('GET', target, airflow)?.operation.verb).toBe(verb)
})

test.each([
  ['/api/v2/dags', true],
  ['/api/v2/dags/~/dagRuns', true],
  ['/api/v2/dags/etl/dagRuns', false],
  ['/api/v2/dagStats?dag_ids=etl', false],
  ['/api/v2/importErrors', true],
  ['/api/v2/jobs', false],
  ['/api/v2/eventLogs', false],
  ['/api/v2/variables', false],
])('Airflow narrows %s: %s', (target, narrowed) => {
  const what = resolve('GET', target)
  if (!what) throw new Error(target)
  expect(touched(what, target).every(isNarrowed)).toBe(narrowed)
})

test('what a request does to a part is the same object each time', () => {
  const one = () => {
    const what = resolve('GET', '/ui/grid/runs/etl')
    return what && touched(what, '/ui/grid/runs/etl')[1]?.operation
  }
  expect(one()).toBe(one())
})
