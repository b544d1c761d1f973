import { expect, test } from 'vitest'
import { dagMatcher, matchesGlob } from '#shared/airflow/dag-glob.ts'

test.each([
  ['orders', 'orders', true],
  ['orders', 'orders_daily', false],
  ['orders_*', 'orders_', true],
  ['orders_*', 'my_orders_daily', false],
  ['*_daily', 'orders_daily', true],
  ['*_daily', 'orders_daily_2', false],
  ['a*b*c', 'abc', true],
  ['a*b*c', 'acb', false],
  // A piece may not be counted twice.
  ['ab*ab', 'ab', false],
  ['ab*ab', 'abab', true],
  ['a.b', 'axb', false],
  ['a**b', 'ab', true],
  ['*', '', true],
])('%s on %s: %s', (glob, dag, expected) => {
  expect(matchesGlob(glob, dag)).toBe(expected)
})

test('one of several patterns is enough', () => {
  const covers = dagMatcher(['orders_*', 'finance_close'])
  expect(['orders_daily', 'finance_close', 'finance_open'].map(covers)).toEqual([true, true, false])
})

test('what belongs to no DAG takes the pattern for all of them', () => {
  expect(dagMatcher(['orders_*', '**'])(null)).toBe(false)
  expect(dagMatcher(['orders_*', '*'])(null)).toBe(true)
})
