import { expect, test } from 'vitest'
import { resolve } from '#shared/airflow/resolve.ts'
import { policyConfig } from '#shared/config/policy-config.ts'
import type { AuditRecord } from '../../../../relay/audit/record.ts'
import { unknownCircumstances, type Who } from '../../../../relay/policy/ask.ts'
import { explain } from '../../../../relay/policy/explain.ts'
import { compilePolicy } from '../../../../relay/policy/policy.ts'
import { deedOf, deedWords } from '../../../../relay/policy/question.ts'
import { recordedQuestion } from '../../../../relay/policy/recorded-question.ts'
import { auditRecord } from '../../../support/audit-record.ts'

const config = policyConfig.parse({
  contact: 'Ask us.',
  roles: { 'finance-operator': { extends: ['viewer'], verbs: ['run.trigger'], airflowRole: 'user' } },
  grants: [
    { group: 'everyone', role: 'viewer' },
    { group: 'finance', role: 'finance-operator', dags: ['finance_*'] },
    { group: 'admins', role: 'admin' },
  ],
  connect: [{ group: 'data-eng', services: ['db'] }],
  http: [{ group: 'data-eng', services: ['wiki'], verbs: ['http.read'], paths: ['/team/*'] }],
})
const policy = compilePolicy(config)
const given = unknownCircumstances(0)
const person = (...groups: string[]): Who => ({ kind: 'person', name: null, groups })

const asked = (who: Who, what: string, on: { dag?: string; service?: string } = {}) =>
  explain({ config, cedarFiles: [] }, policy, { who, deed: deedOf(what, on), given })

test('an allow has nothing that is needed', () => {
  expect(asked(person('finance'), 'run.trigger', { dag: 'finance_close' })).toEqual({
    decision: {
      effect: 'allow',
      policies: ['finance:finance-operator:finance_*'],
      airflowRole: 'user',
      obligations: [],
    },
    needed: { groups: [], roles: [] },
  })
})

test('a denial names each group that would do, and the least role, own and built-in', () => {
  expect(asked(person('everyone'), 'run.trigger', { dag: 'finance_close' }).needed).toEqual({
    groups: [
      { group: 'finance', policies: ['finance:finance-operator:finance_*'] },
      { group: 'admins', policies: ['admins:admin:*'] },
    ],
    roles: ['finance-operator', 'user'],
  })
  expect(asked(person(), 'pool.write').needed).toEqual({
    groups: [{ group: 'admins', policies: ['admins:admin:*'] }],
    roles: ['op'],
  })
})

test('what is closed or unknown has nothing that could be granted', () => {
  for (const request of ['POST /ui/auth/token', 'GET /api/v9/dags']) {
    const { decision, needed } = asked(person('admins'), request)
    expect(decision.effect).toBe('deny')
    expect(needed).toEqual({ groups: [], roles: [] })
  }
})

test('a tcp service', () => {
  const { decision, needed } = asked(person(), 'tcp.connect', { service: 'db' })
  expect(decision).toMatchObject({ effect: 'deny', error: { code: 'FORBIDDEN' } })
  expect(needed).toEqual({ groups: [{ group: 'data-eng', policies: ['data-eng:connect:db'] }], roles: [] })
  expect(asked(person('data-eng'), 'tcp.connect', { service: 'db' }).decision.effect).toBe('allow')
})

test('an http service', () => {
  const id = 'data-eng:http.read:wiki:/team/*'
  const { decision, needed } = asked(person(), 'GET /team/a%20b?c', { service: 'wiki' })
  expect(decision).toMatchObject({ effect: 'deny', error: { code: 'FORBIDDEN' } })
  expect(needed).toEqual({ groups: [{ group: 'data-eng', policies: [id] }], roles: [] })
  const mine = (what: string) => asked(person('data-eng'), what, { service: 'wiki' }).decision
  expect(mine('GET /team/a%20b?c')).toMatchObject({ effect: 'allow', policies: [id] })
  expect(mine('POST /team/a').effect).toBe('deny')
  expect(mine('GET /other').effect).toBe('deny')
  expect(mine('TRACE /team/a').effect).toBe('deny')
})

test.each([
  ['run.trigger', { dag: 'a' }, 'run.trigger on a'],
  ['run.trigger', {}, 'run.trigger on all DAGs'],
  ['pool.read', {}, 'pool.read'],
  ['GET /api/v2/pools/big', {}, 'pool.read on big'],
  ['POST /api/v2/dags/a%20b/dagRuns', {}, 'run.trigger on a b'],
  ['GET /api/v2/dags?limit=1', {}, 'dag.read on all DAGs'],
  ['GET /none?a=b', {}, 'GET /none'],
  ['GET /api/v2/eventLogs?dag_id=a', {}, 'event-log.read on a'],
  ['tcp.connect', { service: 'db' }, 'tcp.connect on db'],
  ['GET /a%20b?c', { service: 'wiki' }, 'http.read on wiki/a b'],
  ['PUT /a', { service: 'wiki' }, 'http.write on wiki/a'],
])('%s with %j is %s', (what, on, words) => {
  expect(deedWords(deedOf(what, on))).toBe(words)
})

test.each([
  ['run.fly', {}, /no verb run\.fly/],
  ['', {}, /no verb/],
  ['get /api/v2/dags', {}, /no verb/],
  ['pool.read', { dag: 'a' }, /done to no DAG/],
  ['GET /api/v2/dags', { dag: 'a' }, /names its DAG already/],
  ['tcp.connect', {}, /name it/],
  ['tcp.connect', { service: 'db', dag: 'a' }, /no DAG/],
  ['run.read', { service: 'db' }, /To a service one connects/],
  ['GET /%zz', { service: 'wiki' }, /is no path/],
])('%s with %j is refused', (what, on, reason) => {
  expect(() => deedOf(what, on)).toThrow(reason)
})

test('a record is asked again as it was', () => {
  const question = recordedQuestion(auditRecord({ agent: { subject: 'bot', client: 'c' } }))
  expect(question).toMatchObject({
    who: { kind: 'agent', name: 'ana@example.com', groups: ['data-eng'] },
    deed: { kind: 'act', what: { operation: { id: 'get_dag' }, resource: { dag: 'etl_orders' } } },
    given: { at: Date.parse('2026-06-01T08:00:00.000Z'), from: '10.1.2.3' },
  })
})

test('what a body named is taken from the record, not from the path', () => {
  const resource: AuditRecord['resource'] = { dag: '~', run: null, task: null, name: null }
  const question = recordedQuestion(
    auditRecord({ method: 'PATCH', path: '/api/v2/dags/a/dagRuns', resource }),
  )
  expect(question?.deed).toEqual({
    kind: 'act',
    what: { ...resolve('PATCH', '/api/v2/dags/a/dagRuns'), resource },
    also: [],
  })
})

test.each([
  ['POST', 'http.write', '/x', 'http.write on wiki/x'],
  ['GET', 'http.read', '/x', 'http.read on wiki/x'],
  ['GET', 'http.write', '/ws', 'http.write on wiki/ws'],
])('a record of an http service: %s, %s', (method, verb, path, words) => {
  const question = recordedQuestion(auditRecord({ service: 'wiki', method, verb, path }))
  expect(question && deedWords(question.deed)).toBe(words)
})

test('records of unknown routes, of connections and of sessions', () => {
  expect(recordedQuestion(auditRecord({ path: '/none', resource: null }))?.deed.kind).toBe('unknown')
  const connection = { method: null, path: null, resource: null, service: 'db' }
  expect(recordedQuestion(auditRecord(connection))?.deed).toEqual({
    kind: 'act',
    what: { service: 'db', request: null },
    also: [],
  })
  expect(recordedQuestion(auditRecord({ kind: 'session' }))).toBeNull()
  expect(recordedQuestion(auditRecord({ principal: null }))).toBeNull()
})
