import { expect, test } from 'vitest'
import { scopeWords } from '#shared/ipc/access-request-words.ts'
import { answerWords, grantWords, scopeLines, termsOf } from '../../../renderer/access/access-words.ts'
import { mayI } from '../../../renderer/access/may-i.ts'
import { accessForbid, accessGrant } from '../../support/access.ts'

const now = Date.parse('2026-11-25T12:00:00Z')
const user = accessGrant({
  policy: 'orders-team:user:orders_*',
  role: 'user',
  group: 'orders-team',
  verbs: ['run.trigger', 'variable.read'],
  dags: ['orders_*'],
})
const may = (
  verb: string,
  dag: string | null,
  grants = [accessGrant(), user],
  forbids: Parameters<typeof mayI>[1] = [],
) => mayI(grants, forbids, { verb, dag, now })

test('a grant says yes to its DAGs and verbs, and to nothing else', () => {
  expect(may('run.trigger', 'orders_daily')).toMatchObject({ may: 'yes', grants: [user] })
  expect(may('log.read', 'finance_close')).toMatchObject({ may: 'yes' })
  expect(may('run.trigger', 'finance_close')).toMatchObject({ may: 'no', grants: [], near: [user] })
  expect(may('dag.delete', 'orders_daily')).toMatchObject({ may: 'no', near: [] })
  expect(may('run.trigger', 'orders_daily', [])).toMatchObject({ may: 'no' })
})

test('what belongs to no DAG, and all DAGs at once, take a grant on all of them', () => {
  expect(may('variable.read', null).may).toBe('no')
  expect(may('variable.read', null, [{ ...user, dags: ['*'] }]).may).toBe('yes')
  expect(may('variable.read', null, [{ ...user, dags: ['*'], tags: ['ml'] }]).may).toBe('no')
  expect(may('run.read', null).may).toBe('yes')
  expect(may('run.trigger', null).may).toBe('no')
})

test('tags and conditions are left to the relay', () => {
  expect(may('run.trigger', 'train', [{ ...user, dags: ['*'], tags: ['ml'] }]).may).toBe('depends')
  const timed = { ...user, conditions: ['only from 08:00 to 18:00 UTC'] }
  expect(may('run.trigger', 'orders_daily', [timed]).may).toBe('depends')
  // One without conditions is enough, and is named first.
  expect(may('run.trigger', 'orders_daily', [timed, user])).toMatchObject({
    may: 'yes',
    grants: [user, timed],
  })
})

test('a grant that has ended is none', () => {
  const of = (until: string) => may('run.trigger', 'orders_daily', [{ ...user, until }]).may
  expect(of('2026-11-25T12:00:00.001Z')).toBe('yes')
  expect(of('2026-11-25T12:00:00.000Z')).toBe('no')
})

test('a rule that forbids wins', () => {
  const of = (verb: string, dag: string | null, rule: Parameters<typeof accessForbid>[0]) =>
    may(verb, dag, [{ ...user, dags: ['*'] }], [accessForbid(rule)]).may
  expect(of('run.trigger', 'finance_close', {})).toBe('no')
  expect(of('run.trigger', 'orders_daily', {})).toBe('yes')
  expect(of('variable.read', null, {})).toBe('yes')
  expect(of('run.trigger', 'finance_close', { conditions: ['only on sat, sun'] })).toBe('depends')
  expect(of('run.trigger', 'finance_close', { tags: ['pii'] })).toBe('depends')
  expect(of('run.trigger', 'finance_close', { until: '2026-11-24T00:00:00Z' })).toBe('yes')
  expect(of('variable.read', null, { verbs: ['variable.read'], dags: ['*'] })).toBe('no')
})

test('what is forbidden for some DAGs is forbidden for all at once', () => {
  expect(may('run.trigger', null, [{ ...user, dags: ['*'] }], [accessForbid()]).may).toBe('no')
  // But not for what belongs to no DAG.
  const rule = accessForbid({ verbs: ['variable.read'] })
  expect(may('variable.read', null, [{ ...user, dags: ['*'] }], [rule]).may).toBe('yes')
})

test('answers in words', () => {
  const words = (verb: string, dag: string | null, grants = [user]) =>
    answerWords(may(verb, dag, grants, [accessForbid()]), verb, dag)
  expect(words('run.trigger', 'orders_daily')).toBe('Yes, you may trigger run on orders_daily.')
  expect(words('variable.read', null)).toBe('No. Nothing lets you read variables.')
  expect(words('run.trigger', 'finance_close', [{ ...user, dags: ['*'] }])).toBe(
    'No. A rule forbids you to trigger run on finance_close.',
  )
  expect(words('run.trigger', 'orders_x', [{ ...user, tags: ['ml'] }])).toBe(
    'You may trigger run on orders_x, but not always.',
  )
  expect(grantWords(user)).toBe('The role user, which orders-team has on orders_*')
  expect(grantWords({ ...user, dags: [] })).toBe('The role user, which orders-team has')
  expect(grantWords({ ...user, role: '', dags: [] })).toBe('Given to orders-team')
  expect(scopeWords({ dags: ['*'], tags: null })).toBe('all DAGs')
  expect(scopeWords({ dags: ['Finance_*', 'x'], tags: ['a', 'b'] })).toBe('Finance_*, x tagged a or b')
  expect(scopeLines({ dags: ['*'], tags: null })).toEqual(['All DAGs'])
  expect(scopeLines({ dags: ['*'], tags: ['a', 'b'] })).toEqual(['DAGs', 'tagged a or b'])
  expect(scopeLines({ dags: ['x', 'y', 'z'], tags: null })).toEqual(['x', 'y', 'z'])
  expect(scopeLines({ dags: ['x', 'y', 'z'], tags: ['a'] })).toEqual(['x', 'y', 'and 2 more'])
  expect(termsOf({ conditions: ['only on mon'], until: 'soon' })).toEqual(['only on mon', 'until soon'])
})
