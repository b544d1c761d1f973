import { expect, test } from 'vitest'
import { matchesClaim } from '../../../../relay/identity/claim-pattern.ts'
import { seeded } from '../../../support/random.ts'

test.each([
  ['acme/dags', 'acme/dags', true],
  ['acme/dags', 'acme/dags-evil', false],
  ['acme/dags', 'evil-acme/dags', false],
  ['acme/dags', 'Acme/dags', false],
  ['acme/dags', '', false],
  ['acme/*', 'acme/', true],
  ['acme/*', 'acme/dags', true],
  ['acme/*', 'acme-evil/dags', false],
  ['acme/*', 'evil/acme/dags', false],
  ['*/dags', 'acme/dags', true],
  ['*/dags', 'evil/acme/dags', false],
  ['refs/heads/*', 'refs/heads/release/7', true],
  ['refs/heads/*', 'refs/heads', false],
  ['refs/heads/*/ready', 'refs/heads/a/ready', true],
  ['refs/heads/*/ready', 'refs/heads/a/b/ready', false],
  ['repo:acme/*:ref:refs/heads/main', 'repo:acme/dags:ref:refs/heads/main', true],
  ['repo:acme/*:ref:refs/heads/main', 'repo:acme/dags:environment:x:ref:refs/heads/main', false],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['*', '', true],
  ['*a*b*', 'xaybz:/', true],
  ['*a*b*', 'xa/yb', false],
  ['**', 'x', true],
  ['a.c', 'abc', false],
  ['a*', 'a\nb', true],
])('%s and %s: %s', (pattern, value, fits) => {
  expect(matchesClaim(pattern, value)).toBe(fits)
})

test('it says what the same pattern as a regular expression says', () => {
  const random = seeded(7)
  const some = (letters: string, most: number) =>
    Array.from(
      { length: Math.floor(random() * most) },
      () => letters[Math.floor(random() * letters.length)],
    ).join('')
  let fitting = 0
  for (let i = 0; i < 20_000; i += 1) {
    const [pattern, value] = [some('ab/*', 7), some('ab/', 8)]
    const last = pattern.endsWith('*') ? '[^]*' : ''
    const inner = (last ? pattern.slice(0, -1) : pattern).replaceAll('*', '[^/:]*')
    const expected = new RegExp(`^${inner}${last}$`).test(value)
    expect([pattern, value, matchesClaim(pattern, value)]).toEqual([pattern, value, expected])
    fitting += Number(expected)
  }
  expect(fitting).toBeGreaterThan(500)
})
