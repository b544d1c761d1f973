import { expect, test } from 'vitest'
import { failed, ok } from '#client/doctor/outcome.ts'

test('what peers said is one line that steers no terminal and is read as it stands', () => {
  const { title, detail, action } = failed('a\u001b[2Jb', 'c\r\nd\u2028e', 'f\u202eg\u200bh\u0000')
  expect([title, detail, action]).toEqual(['a [2Jb', 'c d e', 'f g h'])
})

test('600 characters are shown, and of more the beginning', () => {
  expect(ok('x'.repeat(600)).title).toBe('x'.repeat(600))
  expect(ok('x'.repeat(601)).title).toBe(`${'x'.repeat(599)}…`)
})
