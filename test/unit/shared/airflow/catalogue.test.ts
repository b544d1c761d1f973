import { expect, test } from 'vitest'
import { catalogue } from '#shared/airflow/catalogue.ts'
import { allVerbs, builtInRoles, leastRoleOfVerb, suffices } from '#shared/airflow/roles.ts'
import { airflowRoles } from '#shared/config/policy-config.ts'

const below = (prefix: string) =>
  catalogue.filter(({ path, id }) => path.startsWith(prefix) && id !== 'closed')

test('it holds the 128 public operations and the 24 of Airflow’s own pages', () => {
  expect(below('/api/v2/')).toHaveLength(128)
  expect(below('/ui/')).toHaveLength(24)
})

test('no route and no operationId of the API stands twice', () => {
  const routes = catalogue.map(({ method, path }) => `${method} ${path}`)
  expect(new Set(routes).size).toBe(routes.length)
  const ids = [...below('/api/v2/'), ...below('/ui/')].map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
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
    '/ui/auth/token',
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
    'create_backfill_dry_run',
    'get_list_dag_runs_batch',
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

test('the conf of a run is read from a trigger', () => {
  expect(catalogue.filter(({ readsConf }) => readsConf).map(({ id }) => id)).toEqual(['trigger_dag_run'])
  expect(catalogue.filter(({ runIdInResponse }) => runIdInResponse).map(({ id }) => id)).toEqual([
    'materialize_asset',
    'trigger_dag_run',
  ])
})

test('each built-in role has what the lesser has, and nothing that Airflow would refuse it', () => {
  let lesser: ReadonlySet<string> = new Set()
  for (const role of airflowRoles) {
    const verbs = builtInRoles[role]
    expect([...verbs], role).toEqual(expect.arrayContaining([...lesser]))
    lesser = verbs
    for (const { verb, minRole, id } of catalogue) {
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
] as const)('%s takes %s in Airflow', (verb, role) => {
  expect(leastRoleOfVerb.get(verb)).toBe(role)
})
