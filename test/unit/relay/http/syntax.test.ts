import { expect, test } from 'vitest'
import { targetFault } from '../../../../relay/http/handlers/syntax.ts'
import { pick, seeded } from '../../../support/random.ts'

test.each([
  '/',
  '/dags',
  '/api/v2/dags?limit=10&order_by=-x',
  '/api/v2/dags/a%20b',
  '/api/v2/dags/~/dagRuns/~/hitlDetails?state=deferred&x=%2F..%2F',
  "/a-b._~!$&'()*+,=:@",
  '/%C3%BC',
  '/..a/a..',
  '/...',
  `/${'a'.repeat(8191)}`,
])('%s passes', (target) => {
  expect(targetFault(target)).toBeNull()
})

test.each([
  '',
  'x',
  '*',
  'http://localhost/',
  '//x',
  '/a//b',
  '/.',
  '/..',
  '/a/./b',
  '/a/../b',
  '/a/..',
  '/%2e',
  '/%2E%2e/a',
  '/a/.%2e/b',
  '/a%2fb',
  '/a%2Fb',
  '/a%5cb',
  '/a\\b',
  '/a;b',
  '/a%3Bb',
  '/a%00',
  '/a%0a',
  '/a%0D',
  '/a%1f',
  '/a%7f',
  '/%252e%252e/',
  '/%252f',
  '/%',
  '/%1',
  '/%zz',
  '/%ff',
  '/%c3',
  '/%c0%af',
  '/ü',
  '/a b',
  '/a\tb',
  '/a#b',
  '/a?b#c',
  '/a?b c',
  '/a?ü',
  '/a?\u0000',
  '/<x>',
  '/"x"',
  '/a|b',
  '/a^b',
  '/`',
  '/{x}',
  '/[x]',
  `/${'a'.repeat(8192)}`,
])('%s is refused', (target) => {
  expect(targetFault(target)).toEqual(expect.stringMatching(/^The /))
})

test('whatever passes reads the same however often it is decoded', () => {
  const random = seeded(3)
  const parts = [
    'a',
    '/',
    '.',
    '..',
    '%2e',
    '%2f',
    '%25',
    '%',
    '//',
    ';',
    '\\',
    '%c3%bc',
    '%00',
    '~',
    '?',
    '#',
    ' ',
    'dags',
  ]
  let passed = 0
  for (let i = 0; i < 50_000; i += 1) {
    const target = `/${Array.from({ length: Math.floor(random() * 8) }, () => pick(random, parts)).join('')}`
    if (targetFault(target) !== null) continue
    passed += 1
    const [path = ''] = target.split('?', 1)
    const decoded = decodeURIComponent(path)
    expect(decoded.split('/').length).toBe(path.split('/').length)
    expect(new URL(`http://h${path}`).pathname).toBe(path)
    expect(decoded.split('/')).not.toContain('..')
  }
  expect(passed).toBeGreaterThan(1000)
})
