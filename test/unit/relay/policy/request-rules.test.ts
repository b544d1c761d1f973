import { expect, test } from 'vitest'
import { policyConfig } from '#shared/config/policy-config.ts'
import type { Principal } from '../../../../relay/identity/principal.ts'
import { greatestRoleBy } from '../../../../relay/policy/airflow-role.ts'
import { grantUse } from '../../../../relay/policy/grant-use.ts'
import { policyMistakes } from '../../../../relay/policy/mistakes.ts'
import { requestChanges } from '../../../../relay/policy/request-changes.ts'
import { requestRulesOf } from '../../../../relay/policy/request-rules.ts'
import { placesOfRules } from '../../../../relay/policy/rule-places.ts'
import { policyWarnings } from '../../../../relay/policy/warnings.ts'
import { auditRecord } from '../../../support/audit-record.ts'
import { agent, asked, machine, person, policyOf, read, trigger } from '../../../support/policy.ts'

const rule = { group: 'data-eng', role: 'user', dags: ['finance_*'], approvers: ['leads'] }
const configOf = (...requests: object[]) =>
  policyConfig.parse({ contact: 'Ask us.', grants: [{ group: 'data-eng', role: 'viewer' }], requests })
const id = 'request:data-eng:user:finance_*'
const approved = `approved:${id}`

test('without an entry nothing can be asked for', () => {
  expect(requestRulesOf(configOf()).size).toBe(0)
})

test('an entry is a policy for those who are approved, and gives those who may ask nothing', () => {
  const policy = policyOf(configOf(rule))
  const effect = (...groups: string[]) => policy.authorize(person(...groups), trigger('finance_close')).effect
  expect([effect('data-eng'), effect('leads'), effect(approved)]).toEqual(['deny', 'deny', 'allow'])
  expect(policy.authorize(person(approved), read('other')).effect).toBe('deny')
})

test('conditions hold for what was approved', () => {
  const policy = policyOf(configOf({ ...rule, when: { hours: '22:00-23:00' } }))
  expect(policy.authorize(person(approved), trigger('finance_close'))).toMatchObject({
    effect: 'deny',
    error: { code: 'CONDITION_NOT_MET' },
  })
})

test('a rule is another one with whatever it says, also through its role', () => {
  const digestOf = (one: object, roles: object = {}) =>
    requestRulesOf(policyConfig.parse({ contact: 'Ask us.', grants: [], roles, requests: [one] }))
      .values()
      .next().value?.digest
  const own = (...verbs: string[]) => ({ closer: { verbs, airflowRole: 'user' } })
  const digests = [
    digestOf(rule),
    digestOf({ ...rule, approvers: ['leads', 'others'] }),
    digestOf({ ...rule, longestMinutes: 5 }),
    digestOf({ ...rule, when: { hours: '22:00-23:00' } }),
    digestOf({ ...rule, role: 'closer' }, own('run.trigger')),
    digestOf({ ...rule, role: 'closer' }, own('run.trigger', 'task.clear')),
  ]
  expect(new Set(digests).size).toBe(digests.length)
  expect(digestOf({ ...rule })).toBe(digests[0])
})

test('two that say the same are told apart, and each has its place', () => {
  const config = configOf(rule, { ...rule, approvers: ['others'] })
  expect([...requestRulesOf(config).keys()]).toEqual([id, `${id}#2`])
  expect(placesOfRules(config).slice(-2)).toEqual([
    { id, path: ['requests', 0] },
    { id: `${id}#2`, path: ['requests', 1] },
  ])
})

test('what was approved raises the role in Airflow for as long', () => {
  const roleOf = greatestRoleBy(configOf({ ...rule, role: 'op' }))
  expect(roleOf(person('data-eng'), Date.now())).toBe('viewer')
  expect(roleOf(person('data-eng', 'approved:request:data-eng:op:finance_*'), Date.now())).toBe('op')
})

test.each([
  ['a role that is not there', { role: 'none' }, ['requests', 0, 'role']],
  ['who asks by a name of the relay’s own', { group: approved }, ['requests', 0, 'group']],
  ['approvers by one', { approvers: ['leads', 'Approved:x'] }, ['requests', 0, 'approvers', 1]],
  ['more than an id can say', { dags: Array(5).fill('x'.repeat(250)) }, ['requests', 0]],
])('%s is a mistake', (_what, more, path) => {
  expect(policyMistakes(configOf({ ...rule, ...more })).map((one) => one.path)).toContainEqual(path)
})

test.each(['grants', 'connect', 'http', 'forbid'] as const)('%s name no group of the relay’s own', (list) => {
  const entry = {
    grants: { role: 'viewer' },
    connect: { services: ['db'] },
    http: { services: ['wiki'], verbs: ['http.read'] },
    forbid: { verbs: ['run.*'], reason: 'No.' },
  }[list]
  const config = policyConfig.parse({
    contact: 'Ask us.',
    grants: [],
    [list]: [{ group: approved, ...entry }],
  })
  expect(policyMistakes(config)).toMatchObject([{ path: [list, 0, 'group'] }])
})

test.each([
  ['nobody who decides', { approvers: [] }],
  ['no time', { longestMinutes: 0 }],
  ['more than a week', { longestMinutes: 10_081 }],
  ['an end of its own', { until: '2027-01-01' }],
])('%s is no rule', (_what, more) => {
  expect(() => configOf({ ...rule, ...more })).toThrow()
})

test('it is as long as four hours where nothing is said, and a week at most', () => {
  expect(configOf(rule).requests[0]?.longestMinutes).toBe(240)
  expect(configOf({ ...rule, longestMinutes: 10_080 }).requests).toHaveLength(1)
})

test('what is probably not meant is said of requests as well', () => {
  const found = policyWarnings(configOf({ ...rule, role: 'op', dags: ['*'], approvers: ['Leads', 'leads'] }))
  expect(found.map(({ path }) => path)).toEqual([
    ['requests', 0],
    ['requests', 0, 'approvers', 1],
  ])
})

test('what was approved is no grant that was not used, nor one of another configuration', async () => {
  const decision = { effect: 'allow', policies: [id], obligations: [], code: null } as const
  async function* records() {
    yield auditRecord({ verb: 'run.trigger', decision })
  }
  const use = await grantUse(configOf(rule), records(), new Date(0), new Date())
  expect(use).toMatchObject({ byOtherGrants: 0, grants: [{ id: 'data-eng:viewer:*' }] })
})

test('a reload says what can be asked for that could not, by whom it is approved and for how long', () => {
  expect(requestChanges(configOf(), configOf(rule))).toEqual({
    widens: [`people of data-eng may now ask for ${id}, for 240 min at most, approved by leads`],
    narrows: [],
  })
  const other = { ...rule, approvers: ['others'], longestMinutes: 300 }
  expect(requestChanges(configOf(rule), configOf(other))).toEqual({
    widens: [`${id} may now be approved by others`, `${id} may now be asked for 300 min`],
    narrows: [`${id} may no more be approved by leads`],
  })
  expect(requestChanges(configOf(rule), configOf(rule))).toEqual({ widens: [], narrows: [] })
})

test('a denial says that it may be asked for, to whoever may and to nobody else', () => {
  const policy = policyOf(configOf(rule))
  const actionFor = (principal: Principal, what = trigger('finance_close')) => {
    const decision = policy.authorize(principal, what)
    return decision.effect === 'deny' ? decision.error.action : null
  }
  const hint = 'You may ask for it, in Jetway or with jetway requests. Ask us.'
  expect(actionFor(person('data-eng'))).toBe(hint)
  expect(actionFor(person('data-eng'), trigger('other'))).toBe('Ask us.')
  expect(actionFor(person('data-eng'), asked('POST', '/api/v2/variables'))).toBe('Ask us.')
  for (const other of [person('sales'), machine('data-eng'), agent('data-eng')])
    expect(actionFor(other)).not.toBe(hint)
  expect(actionFor(person('data-eng'))).toBe(hint)
})
