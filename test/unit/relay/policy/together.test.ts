import { expect, test } from 'vitest'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Decision } from '../../../../relay/policy/decision.ts'
import { together } from '../../../../relay/policy/together.ts'

const allow = (
  airflowRole: 'viewer' | 'user' | 'op' | 'admin',
  policies: string[],
  dags?: string[],
): Decision => ({
  effect: 'allow',
  policies,
  obligations: [],
  airflowRole,
  ...(dags ? { dags } : {}),
})

const deny = (verb: string, resource: string): Decision => ({
  effect: 'deny',
  policies: ['all:viewer:*'],
  error: new JetwayError('FORBIDDEN', {
    verb,
    resource,
    needs: 'the role user',
    has: 'viewer',
    contact: 'Ask.',
  }),
  failed: [],
})

test('all allowed: the policies of all, and the role that is enough for all', () => {
  const one = allow('viewer', ['a'])
  expect(together([one])).toBe(one)
  expect(together([one, one])).toBe(one)
  expect(together([one, allow('op', ['b']), allow('user', ['a', 'c'])])).toEqual(allow('op', ['a', 'b', 'c']))
})

test('one denied: all of it is, and what is forbidden is named', () => {
  const denied = together([
    allow('user', ['a']),
    deny('run.delete', 'close'),
    deny('run.delete', 'pay'),
    deny('run.write', 'x'),
  ])
  expect(denied).toMatchObject({
    effect: 'deny',
    policies: ['all:viewer:*'],
    error: { message: 'run.delete on close, pay needs the role user. You have viewer.', action: 'Ask.' },
  })
})

test('five are named, and the rest is counted', () => {
  const denied = together(Array.from({ length: 1000 }, (_, i) => deny('run.delete', `d${i}`)))
  expect(denied).toMatchObject({ error: { params: { resource: 'd0, d1, d2, d3, d4 and 995 more' } } })
})

test('a route that is closed stays closed', () => {
  const closed: Decision = {
    effect: 'deny',
    policies: [],
    error: new JetwayError('ROUTE_CLOSED', { path: '/x' }),
    failed: [],
  }
  expect(together([closed, deny('run.read', 'x')])).toMatchObject({ error: { code: 'ROUTE_CLOSED' } })
})

test.each([
  [['etl_*'], ['etl_*'], ['etl_*']],
  [['etl_*', 'hello'], ['hello', 'x'], ['hello']],
  [['etl_*'], ['*'], ['etl_*']],
  [['*', 'a'], ['etl_*'], ['etl_*']],
  [['etl_*'], ['etl_a'], []],
  [['etl_*'], undefined, ['etl_*']],
  [undefined, ['etl_*'], ['etl_*']],
])('an answer narrowed to %j and to %j is narrowed to %j', (one, other, both) => {
  expect(together([allow('viewer', ['a'], one), allow('viewer', ['b'], other)])).toEqual(
    allow('viewer', ['a', 'b'], both),
  )
})
