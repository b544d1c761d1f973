import { expect, test } from 'vitest'
import { catalogue } from '#shared/airflow/catalogue.ts'
import type { AirflowMajor } from '#shared/airflow/operation.ts'
import { allVerbs, builtInRoles, leastRoleOfVerb, suffices } from '#shared/airflow/roles.ts'
import { airflowRoles } from '#shared/config/policy-config.ts'

const below = (prefix: string) =>
  catalogue.filter(({ path, id }) => path.startsWith(prefix) && id !== 'closed')

const of = (major: AirflowMajor) => catalogue.filter(({ airflow }) => airflow === major)

test('it holds the public operations of both, and the 24 of Airflow’s own pages', () => {
  expect(below('/api/v2/')).toHaveLength(128)
  expect(below('/ui/')).toHaveLength(24)
  expect(below('/api/v1/')).toHaveLength(89)
})

test('no route and no operationId of the API stands twice', () => {
  for (const major of [2, 3] as const) {
    const routes = of(major).map(({ method, path }) => `${method} ${path}`)
    expect(new Set(routes).size).toBe(routes.length)
  }
  for (const rows of [[...below('/api/v2/'), ...below('/ui/')], below('/api/v1/')]) {
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
  }
})

test('each row has a verb and a role of Airflow, or neither', () => {
  for (const { id, verb, minRole } of catalogue) {
    if (verb === null) expect(minRole, id).toBeNull()
    else {
      expect(verb, id).toMatch(/^[a-z-]+\.[a-z-]+$/)
      expect(airflowRoles, id).toContain(minRole)
    }
  }
})

test('what hands out credentials or ends a session is closed', () => {
  const closed = catalogue.filter(({ verb }) => verb === null).map(({ path }) => path)
  expect([...new Set(closed)].sort()).toEqual([
    '/api/v2/auth/login',
    '/api/v2/auth/logout',
    '/auth/**',
    '/execution/**',
    '/logout/',
    '/resetmypassword/**',
    '/resetpassword/**',
    '/ui/auth/token',
    '/users/add',
  ])
})

test('a verb that only reads has only rows that change nothing', () => {
  for (const { id, verb, changes } of catalogue) {
    if (verb?.endsWith('.read') || verb === 'ui.view') expect(changes, id).toBe(false)
  }
})

test('what may be read with POST or PATCH changes nothing', () => {
  const readers = catalogue.filter(({ method, changes }) => method !== 'GET' && method !== 'HEAD' && !changes)
  expect(readers.map(({ id }) => id).sort()).toEqual([
    'Airflow.blocked',
    'Airflow.dag_stats',
    'Airflow.last_dagruns',
    'Airflow.next_run_datasets_summary',
    'Airflow.task_stats',
    'create_backfill_dry_run',
    'get_dag_runs_batch',
    'get_list_dag_runs_batch',
    'get_task_instances_batch',
    'get_task_instances_batch',
    'patch_task_group_instances_dry_run',
    'patch_task_instance_dry_run',
    'patch_task_instance_dry_run_by_map_index',
  ])
})

test('bulk bodies take the right to delete, since they can', () => {
  const bulk = catalogue.filter(({ id }) => id.startsWith('bulk_')).map(({ id, verb }) => [id, verb])
  expect(bulk).toHaveLength(5)
  for (const [id, verb] of bulk) expect(verb, id as string).toMatch(/\.delete$/)
})

test('the conf of a run is read wherever one can be given', () => {
  const withConf = catalogue.filter(({ body }) => ['run', 'backfill', 'form-run'].includes(body ?? ''))
  expect(withConf.map(({ id }) => id)).toEqual([
    'materialize_asset',
    'create_backfill',
    'create_backfill_dry_run',
    'trigger_dag_run',
    'post_dag_run',
    'Airflow.trigger',
  ])
  expect(catalogue.filter(({ runIdInResponse }) => runIdInResponse).map(({ id }) => id)).toEqual([
    'materialize_asset',
    'trigger_dag_run',
    'post_dag_run',
  ])
})

test('what Airflow narrows only reads, or is about one thing whose DAG Airflow looks up', () => {
  const changing = catalogue.filter(({ narrowed, changes }) => narrowed && changes)
  expect(changing.map(({ id, airflow }) => `${airflow} ${id}`)).toEqual([
    '3 cancel_backfill',
    '3 pause_backfill',
    '3 unpause_backfill',
    '3 reparse_dag_file',
    '2 reparse_dag_file',
  ])
})

test('each built-in role has what the lesser has, and nothing that Airflow would refuse it', () => {
  let lesser: ReadonlySet<string> = new Set()
  for (const role of airflowRoles) {
    const verbs = builtInRoles[role]
    expect([...verbs], role).toEqual(expect.arrayContaining([...lesser]))
    lesser = verbs
    // Airflow 2 asks more for some; then the role itself is not enough there.
    for (const { verb, minRole, id } of of(3)) {
      if (verb && minRole && verbs.has(verb)) expect(suffices(role, minRole), `${role} ${id}`).toBe(true)
    }
  }
  expect([...builtInRoles.admin].sort()).toEqual(allVerbs)
})

test.each([
  ['run.read', 'viewer'],
  ['run.trigger', 'user'],
  ['hitl.respond', 'user'],
  ['asset.write', 'op'],
  ['pool.read', 'viewer'],
  ['variable.read', 'op'],
  ['connection.read', 'op'],
  ['config.read', 'viewer'],
  ['role.write', 'admin'],
] as const)('%s takes %s in Airflow', (verb, role) => {
  expect(leastRoleOfVerb.get(verb)).toBe(role)
})
