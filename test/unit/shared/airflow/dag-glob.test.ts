import { expect, test } from 'vitest'
import { dagMatcher, globCovers, globsMeet, matchesGlob } from '#shared/airflow/dag-glob.ts'
import { pick, seeded } from '../../../support/random.ts'

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

test.each([
  ['*', 'orders_*', true],
  ['orders_*', 'orders_eu_*', true],
  ['orders_*', '*', false],
  ['orders_*', 'orders_*', true],
  ['orders_*', 'orders', false],
  ['*_daily', 'orders_*', false],
])('%s covers all of %s: %s', (outer, inner, expected) => {
  expect(globCovers(outer, inner)).toBe(expected)
})

test.each([
  ['orders_*', '*_daily', true],
  ['orders_*', 'finance_*', false],
  ['a*b', 'ab*', true],
  ['a*b', 'ac', false],
  ['*', 'x', true],
  ['x', 'x', true],
  ['x', 'y', false],
  ['*a*', '*b*', true],
  [`${'a*'.repeat(100)}b`, `${'a*'.repeat(100)}c`, false],
])('%s and %s have a DAG in common: %s', (a, b, expected) => {
  expect([globsMeet(a, b), globsMeet(b, a)]).toEqual([expected, expected])
})

test('what meets and what covers agrees with what matches', () => {
  const random = seeded(7)
  const word = (letters: string) =>
    Array.from({ length: Math.floor(random() * 5) }, () => pick(random, [...letters])).join('')
  for (let round = 0; round < 3_000; round += 1) {
    const [a, b, dag] = [word('ab*'), word('ab*'), word('ab')]
    if (matchesGlob(a, dag) && matchesGlob(b, dag)) expect(globsMeet(a, b)).toBe(true)
    if (globCovers(a, b) && matchesGlob(b, dag)) expect(matchesGlob(a, dag)).toBe(true)
  }
})
