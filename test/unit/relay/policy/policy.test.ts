import { describe, expect, test } from 'vitest'
import { catalogue } from '#shared/airflow/catalogue.ts'
import type { ResolvedOperation } from '#shared/airflow/operation.ts'
import { resolve } from '#shared/airflow/resolve.ts'
import { allVerbs, leastRoleOfVerb } from '#shared/airflow/roles.ts'
import { policyConfig } from '#shared/config/policy-config.ts'
import { policyMistakes } from '../../../../relay/policy/mistakes.ts'
import { asked, person, policyOf, read, trigger } from '../../../support/policy.ts'

const contact = 'Ask #data-platform for access.'

const config = (grants: unknown[], roles: Record<string, unknown> = {}) =>
  policyConfig.parse({ contact, roles, grants })

describe.each(allVerbs)('%s', (verb) => {
  const operation = catalogue.find((row) => row.verb === verb) as (typeof catalogue)[number]
  const what: ResolvedOperation = { operation, resource: { dag: '~', run: null, task: null, name: null } }

  test('is denied to someone without a grant', () => {
    const policy = policyOf(config([{ group: 'others', role: 'admin' }]))
    const decision = policy.authorize(person('everyone'), what)
    expect(decision).toMatchObject({
      effect: 'deny',
      policies: [],
      error: { code: 'FORBIDDEN', params: { verb, has: 'no role here', contact } },
    })
  })

  test('is allowed to a role of one’s own with this verb alone', () => {
    const airflowRole = leastRoleOfVerb.get(verb)
    const policy = policyOf(
      config([{ group: 'team', role: 'only' }], { only: { verbs: [verb], airflowRole } }),
    )
    expect(policy.authorize(person('team'), what)).toEqual({
      effect: 'allow',
      policies: ['team:only:*'],
      airflowRole,
      obligations: [],
    })
  })

  test('is denied to a role that has every other verb', () => {
    if (['ui.view', 'health.read', 'version.read'].includes(verb)) return
    const verbs = allVerbs.filter((other) => other !== verb)
    const policy = policyOf(
      config([{ group: 'team', role: 'rest' }], { rest: { verbs, airflowRole: 'admin' } }),
    )
    expect(policy.authorize(person('team'), what).effect).toBe('deny')
  })
})

test.each([
  ['finance_*', 'finance_close', true],
  ['finance_*', 'finance_', true],
  ['finance_*', 'my_finance_close', false],
  ['finance_*', 'Finance_close', false],
  ['*_dev', 'etl_dev', true],
  ['*_dev', 'etl_dev2', false],
  ['etl*load', 'etl_x_load', true],
  ['etl', 'etl', true],
  ['etl', 'etl2', false],
  ['etl.orders', 'etlxorders', false],
  ['etl.orders', 'etl.orders', true],
  ['a-b', 'a-b', true],
  ['*', 'anything', true],
  ['ab*ba', 'aba', false],
  ['ab*ba', 'abba', true],
  ['a*b*c', 'a_c_b_c', true],
  ['a*b*c', 'a_c_b', false],
  ['*a*', 'xay', true],
  ['a**b', 'ab', true],
  ['*a*a*a*a*a*a*a*b', 'a'.repeat(250), false],
])('a grant for %s and the DAG %s: %s', (pattern, dag, allowed) => {
  const policy = policyOf(config([{ group: 'team', role: 'user', dags: [pattern] }]))
  expect(policy.authorize(person('team'), trigger(dag)).effect).toBe(allowed ? 'allow' : 'deny')
})

test.each([
  ['GET', '/api/v2/dags'],
  ['GET', '/api/v2/dags/~/dagRuns'],
  ['GET', '/api/v2/pools'],
  ['GET', '/api/v2/pools/default'],
  ['GET', '/api/v2/variables/finance_key'],
  ['GET', '/api/v2/eventLogs'],
  ['POST', '/api/v2/assets/1/materialize'],
])('%s %s takes a grant for everything', (method, target) => {
  const some = policyOf(config([{ group: 'team', role: 'op', dags: ['finance_*'] }]))
  const all = policyOf(config([{ group: 'team', role: 'op', dags: ['finance_*', '*'] }]))
  expect(some.authorize(person('team'), asked(method, target)).effect).toBe('deny')
  expect(all.authorize(person('team'), asked(method, target)).effect).toBe('allow')
})

test.each([
  ['GET', '/'],
  ['GET', '/dags/finance_close'],
  ['HEAD', '/home'],
  ['GET', '/static/assets/index.js'],
  ['GET', '/ui/config'],
  ['GET', '/ui/auth/me'],
  ['GET', '/ui/auth/menus'],
  ['GET', '/api/v2/monitor/health'],
  ['GET', '/api/v2/version'],
])('%s %s comes with any grant, as viewer', (method, target) => {
  const policy = policyOf(config([{ group: 'team', role: 'admin', dags: ['etl'] }]))
  expect(policy.authorize(person('team'), asked(method, target))).toMatchObject({
    effect: 'allow',
    airflowRole: 'viewer',
  })
  expect(policy.authorize(person('none'), asked(method, target)).effect).toBe('deny')
})

test.each([
  ['POST', '/ui/auth/token'],
  ['POST', '/auth/token'],
  ['GET', '/execution/docs'],
  ['GET', '/api/v2/auth/login'],
])('%s %s is closed to an admin too', (method, target) => {
  const policy = policyOf(config([{ group: 'team', role: 'admin' }]))
  const what = asked(method, target)
  expect(policy.authorize(person('team'), what)).toMatchObject({
    effect: 'deny',
    error: { code: 'ROUTE_CLOSED', params: { path: what.operation.path } },
  })
})

test('the least role of Airflow among the grants that allow it is used', () => {
  const policy = policyOf(
    config([
      { group: 'admins', role: 'admin' },
      { group: 'finance', role: 'user', dags: ['finance_*'] },
      { group: 'all', role: 'viewer' },
    ]),
  )
  const ana = person('all', 'admins', 'finance')
  expect(policy.authorize(ana, read('finance_close'))).toMatchObject({ airflowRole: 'viewer' })
  expect(policy.authorize(ana, trigger('finance_close'))).toMatchObject({
    airflowRole: 'user',
    policies: ['admins:admin:*', 'finance:user:finance_*'],
  })
  expect(policy.authorize(ana, trigger('etl'))).toMatchObject({ airflowRole: 'admin' })
})

test('a role has the verbs of those that it extends, and patterns stand for all of a resource', () => {
  const policy = policyOf(
    config([{ group: 'team', role: 'operator' }], {
      reader: { verbs: ['dag.read'], airflowRole: 'viewer' },
      operator: { extends: ['reader'], verbs: ['run.*'], airflowRole: 'user' },
    }),
  )
  expect(policy.authorize(person('team'), trigger('etl')).effect).toBe('allow')
  expect(policy.authorize(person('team'), read('etl')).effect).toBe('allow')
  const clear = asked('POST', '/api/v2/dags/etl/clearTaskInstances')
  expect(policy.authorize(person('team'), clear).effect).toBe('deny')
})

test('a denial says what is missing, what there is and whom to ask', () => {
  const policy = policyOf(
    config([
      { group: 'all', role: 'viewer' },
      { group: 'finance', role: 'user', dags: ['finance_*'] },
    ]),
  )
  const decision = policy.authorize(person('all'), trigger('finance_close'))
  expect(decision).toMatchObject({
    effect: 'deny',
    policies: ['all:viewer:*'],
    error: {
      code: 'FORBIDDEN',
      params: {
        verb: 'run.trigger',
        resource: 'finance_close',
        needs: 'the role user',
        has: 'viewer',
        contact,
      },
    },
  })
  expect(policy.authorize(person('finance'), trigger('etl'))).toMatchObject({
    error: { params: { has: 'user on finance_*' } },
  })
  expect(policy.authorize(person('finance'), asked('GET', '/api/v2/dags'))).toMatchObject({
    error: { params: { resource: 'everything' } },
  })
})

test('decisions are frozen and made once for the same groups, verb and resource', () => {
  const policy = policyOf(config([{ group: 'team', role: 'user', dags: ['etl'] }]))
  const decision = policy.authorize(person('team'), trigger('etl'))
  expect(Object.isFrozen(decision)).toBe(true)
  expect(policy.authorize(person('team'), trigger('etl'))).toBe(decision)
  expect(policy.authorize(person('other'), trigger('etl')).effect).toBe('deny')
  expect(policy.authorize(person('team'), trigger('etl2')).effect).toBe('deny')
  expect(policy.authorize(person('team,', 'x'), trigger('etl')).effect).toBe('deny')
})

test('a decision on a very long name is not kept', () => {
  const policy = policyOf(config([{ group: 'team', role: 'user', dags: ['x*'] }]))
  const [short, long] = [trigger('x'.repeat(250)), trigger('x'.repeat(8000))]
  expect(policy.authorize(person('team'), short)).toBe(policy.authorize(person('team'), short))
  expect(policy.authorize(person('team'), long)).not.toBe(policy.authorize(person('team'), long))
  expect(policy.authorize(person('team'), long).effect).toBe('allow')
})

test('more combinations of groups and verbs than are kept parsed are decided right', () => {
  const grants = Array.from({ length: 300 }, (_, i) => ({
    group: `g${i % 15}`,
    role: 'user',
    dags: [`d${i}_*`],
  }))
  const policy = policyOf(config(grants))
  const everyone = grants.map(({ group }) => group)
  for (let round = 0; round < 2; round += 1) {
    for (let i = 0; i < 30; i += 1) {
      const lacking = [i % 15, ((i % 15) + 1 + Math.floor(i / 15)) % 15]
      const own = everyone.filter((_, j) => !lacking.includes(j % 15))
      const effect = (dag: number, what: typeof trigger) =>
        policy.authorize(person(...own), what(`d${dag}_${round}`)).effect
      expect([effect(i % 15, trigger), effect((i + 5) % 15, trigger)]).toEqual(['deny', 'allow'])
      expect([effect(i % 15, read), effect((i + 5) % 15, read)]).toEqual(['deny', 'allow'])
    }
  }
})

test('a policy that is right has no mistakes', () => {
  expect(policyMistakes(config([{ group: 'team', role: 'admin' }]))).toEqual([])
})

test.each([
  ['an unknown role', [{ group: 'g', role: 'boss' }], {}, ['grants', 0, 'role'], 'there is no role boss'],
  [
    'an unknown verb',
    [],
    { own: { verbs: ['run.read', 'run.fly'], airflowRole: 'viewer' } },
    ['roles', 'own', 'verbs', 1],
    'there is no verb run.fly',
  ],
  [
    'a pattern of no resource',
    [],
    { own: { verbs: ['rocket.*'], airflowRole: 'viewer' } },
    ['roles', 'own', 'verbs', 0],
    'there is no verb rocket.*',
  ],
  [
    'an unknown role to extend',
    [],
    { own: { extends: ['boss'], verbs: ['run.read'], airflowRole: 'viewer' } },
    ['roles', 'own', 'extends', 0],
    'there is no role boss',
  ],
  [
    'the name of a built-in role',
    [],
    { op: { verbs: ['run.read'], airflowRole: 'viewer' } },
    ['roles', 'op'],
    'is the name of a built-in role',
  ],
  [
    'a verb that its role in Airflow cannot do',
    [],
    { own: { verbs: ['run.trigger'], airflowRole: 'viewer' } },
    ['roles', 'own', 'airflowRole'],
    'run.trigger takes the role user in Airflow, and this one has viewer there',
  ],
  [
    'a role that extends itself',
    [],
    { own: { extends: ['own'], verbs: ['run.read'], airflowRole: 'viewer' } },
    ['roles', 'own', 'extends', 0],
    'extends itself through own',
  ],
])('%s is named with its place', (_name, grants, roles, path, what) => {
  expect(policyMistakes(config(grants, roles))).toEqual([{ path, what }])
})

test('a circle of roles is named at each of them, and ends', () => {
  const roles = {
    a: { extends: ['b'], verbs: ['run.read'], airflowRole: 'viewer' },
    b: { extends: ['c'], verbs: ['run.read'], airflowRole: 'viewer' },
    c: { extends: ['a'], verbs: ['run.read'], airflowRole: 'viewer' },
  }
  expect(policyMistakes(config([], roles)).map(({ path }) => path.join('.'))).toEqual([
    'roles.a.extends.0',
    'roles.b.extends.0',
    'roles.c.extends.0',
  ])
})

test('whether something could be allowed on one DAG is asked for that DAG', () => {
  const policy = policyOf(config([{ group: 'team', role: 'user', dags: ['etl_*'] }]))
  expect(policy.couldAllow(person('team'), trigger('etl_a'))).toEqual(
    policy.authorize(person('team'), trigger('etl_a')),
  )
  expect(policy.couldAllow(person('team'), trigger('close')).effect).toBe('deny')
})

test('a role that is too little in Airflow 2 for an operation does not do it, whatever its verbs', () => {
  const policy = policyOf(
    config([
      { group: 'viewers', role: 'viewer' },
      { group: 'ops', role: 'op' },
    ]),
  )
  const settings = resolve('GET', '/api/v1/config', 2) as ResolvedOperation
  expect(policy.authorize(person('viewers'), asked('GET', '/api/v2/config')).effect).toBe('allow')
  expect(policy.authorize(person('viewers'), settings)).toMatchObject({
    effect: 'deny',
    error: { params: { needs: 'the role op' } },
  })
  expect(policy.authorize(person('viewers', 'ops'), settings)).toMatchObject({ airflowRole: 'op' })
})
