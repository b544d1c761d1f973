import { expect, test } from 'vitest'
import { policyConfig } from '#shared/config/policy-config.ts'
import { policyWarnings } from '../../../../relay/policy/warnings.ts'

const now = Date.parse('2026-06-01T12:00:00Z')

const warnings = (policy: object) =>
  policyWarnings(policyConfig.parse({ contact: 'Ask us.', grants: [], ...policy }), now).map(
    ({ path, what }) => `${path.join('.')} ${what}`,
  )

const trigger = { trigger: { verbs: ['run.trigger'], airflowRole: 'user' } }

test('a policy that is meant has none', () => {
  const policy = {
    roles: { ...trigger, more: { extends: ['trigger'], verbs: ['task.clear'], airflowRole: 'user' } },
    grants: [
      { group: 'everyone', role: 'viewer' },
      { group: 'data-eng', role: 'more', dags: ['etl_*', 'ml_*'] },
      { group: 'data-eng', role: 'user', dags: ['orders'] },
      { group: 'ops', role: 'op', dags: ['etl_*'] },
    ],
    connect: [{ group: 'data-eng', services: ['warehouse'] }],
  }
  expect(warnings(policy)).toEqual([])
})

test.each([
  [
    'the same grant twice',
    [
      { group: 'g', role: 'user', dags: ['a'] },
      { group: 'g', role: 'user', dags: ['a'] },
    ],
    ['grants.1 grants nothing that the other grants of g do not'],
  ],
  [
    'a grant within another',
    [
      { group: 'g', role: 'trigger', dags: ['finance_close'] },
      { group: 'g', role: 'user', dags: ['finance_*'] },
    ],
    ['grants.0 grants nothing that the other grants of g do not'],
  ],
  [
    'a grant within two others together',
    [
      { group: 'g', role: 'user', dags: ['a', 'b'] },
      { group: 'g', role: 'user', dags: ['a'] },
      { group: 'g', role: 'user', dags: ['b'] },
    ],
    [
      'grants.1 grants nothing that the other grants of g do not',
      'grants.2 grants nothing that the other grants of g do not',
    ],
  ],
  [
    'a lower role beside a higher one',
    [
      { group: 'g', role: 'viewer', dags: ['a'] },
      { group: 'g', role: 'user', dags: ['a'] },
    ],
    [
      'grants.0 grants nothing that the other grants of g do not; it only lowers the role in Airflow for some of it',
    ],
  ],
  [
    'the same of two groups',
    [
      { group: 'g', role: 'trigger', dags: ['a'] },
      { group: 'h', role: 'trigger', dags: ['a'] },
    ],
    [],
  ],
  [
    'admin on everything',
    [{ group: 'g', role: 'admin' }],
    ['grants.0 gives admin on everything (admin in Airflow)'],
  ],
  [
    'each DAG, which is not everything',
    [{ group: 'g', role: 'trigger', dags: ['a', '**'] }],
    ['grants.0.dags.1 is each DAG, and not what is of no DAG or of all at once; that is "*"'],
  ],
  [
    'a regular expression',
    [{ group: 'g', role: 'trigger', dags: ['finance_.*'] }],
    ['grants.0.dags.0 looks like a regular expression; here . stands for itself'],
  ],
  [
    'groups that are not meant',
    [
      { group: 'data-*', role: 'trigger', dags: ['a'] },
      { group: 'a, b', role: 'trigger', dags: ['a'] },
      { group: ' c', role: 'trigger', dags: ['a'] },
      { group: 'd', role: 'trigger', dags: ['a'] },
      { group: 'D', role: 'trigger', dags: ['a'] },
    ],
    [
      'grants.0.group data-* is no pattern: it is a group with * in its name',
      'grants.1.group a, b is one group, and not several',
      'grants.2.group " c" begins or ends with a space',
      'grants.4.group D is another group than d: capitals count',
    ],
  ],
])('%s', (_name, grants, expected) => {
  const used = [...grants, { group: 'roles', role: 'trigger', dags: ['x'] }]
  expect(warnings({ roles: trigger, grants: used })).toEqual(expected)
})

test('a role that no grant gives, also not through another, and one that is too high in Airflow', () => {
  const roles = {
    used: { extends: ['within'], verbs: ['dag.read'], airflowRole: 'viewer' },
    within: { verbs: ['run.read'], airflowRole: 'viewer' },
    spare: { verbs: ['run.read'], airflowRole: 'viewer' },
    high: { verbs: ['run.trigger'], airflowRole: 'admin' },
  }
  const grants = [
    { group: 'g', role: 'used' },
    { group: 'h', role: 'high', dags: ['a'] },
  ]
  expect(warnings({ roles, grants })).toEqual([
    'roles.spare is a role that no grant gives',
    'roles.high.airflowRole is admin, and the verbs of this role take no more than user in Airflow',
  ])
})

test('a role for what is of no DAG, given for some DAGs', () => {
  const roles = { pools: { verbs: ['pool.*'], airflowRole: 'op' } }
  expect(warnings({ roles, grants: [{ group: 'g', role: 'pools', dags: ['etl'] }] })).toEqual([
    'grants.0 grants nothing: what pools may do is done to no DAG, which takes dags: ["*"] and no tags',
  ])
})

test('what has ended, also where its group has another grant; what ends later has not', () => {
  const grants = [
    { group: 'g', role: 'user', dags: ['a'], until: '2026-05-31' },
    { group: 'g', role: 'user', dags: ['a'], until: '2026-06-01' },
    { group: 'g', role: 'user', dags: ['a'], until: '2026-06-01T12:00:00Z' },
  ]
  const forbid = [{ verbs: ['run.*'], dags: ['b'], until: '2025-01-01', reason: 'No.' }]
  expect(warnings({ grants, forbid })).toEqual([
    'grants.0.until has ended on 2026-05-31',
    'grants.2.until has ended on 2026-06-01T12:00:00Z',
    'forbid.0.until has ended on 2025-01-01',
  ])
})

test('a grant under other conditions is not within another', () => {
  const [hours, networks] = [{ hours: '08:00-18:00' }, { networks: ['10.0.0.0/8'] }]
  const grants = (first: object, second: object) => [
    { group: 'g', role: 'user', dags: ['a'], ...first },
    { group: 'g', role: 'user', dags: ['a'], ...second },
  ]
  expect(warnings({ grants: grants({ when: hours }, { when: networks }) })).toEqual([])
  expect(warnings({ grants: grants({ tags: ['x'] }, { tags: ['y'] }) })).toEqual([])
  const within = ['grants.0 grants nothing that the other grants of g do not']
  expect(warnings({ grants: grants({ when: hours }, {}) })).toEqual(within)
  expect(warnings({ grants: grants({ tags: ['x'] }, { tags: ['x', 'y'] }) })).toEqual(within)
})
