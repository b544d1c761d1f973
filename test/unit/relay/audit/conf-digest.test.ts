import { expect, test } from 'vitest'
import { canonicalJson, confDigest } from '../../../../relay/audit/conf-digest.ts'

// RFC 8785 §3.2.2 and §3.2.3
test.each([
  [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
  [
    { numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 1e-27] },
    '{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}',
  ],
  [
    {
      '\u20ac': 'Euro',
      '\r': 'CR',
      '\u{1f600}': 'Emoji',
      '1': 'One',
      '\u0080': 'Control',
      ö: 'o',
      '\ufb33': 'Hebrew',
    },
    '{"\\r":"CR","1":"One","\u0080":"Control","ö":"o","\u20ac":"Euro","\u{1f600}":"Emoji","\ufb33":"Hebrew"}',
  ],
  [[], '[]'],
  [null, 'null'],
])('%o', (value, text) => {
  expect(canonicalJson(value)).toBe(text)
})

test('the order in which a conf was written does not matter', () => {
  expect(confDigest({ a: 1, b: { c: 2, d: 3 } })).toBe(confDigest({ b: { d: 3, c: 2 }, a: 1 }))
  expect(confDigest({ a: 1 })).not.toBe(confDigest({ a: 2 }))
  expect(confDigest(null)).toMatch(/^sha256:[0-9a-f]{64}$/)
})
