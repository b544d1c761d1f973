import { expect, test } from 'vitest'
import { hasDuplicateNames } from '../../../../relay/identity/duplicate-names.ts'

test.each([
  ['{}', false],
  ['{"a":1,"b":{"a":2},"c":[{"a":1},{"a":2}]}', false],
  ['{"a":"b","b":"a"}', false],
  ['{"a":["a","a","a:"],"b":":"}', false],
  ['{"a":"\\"a\\":1,\\"a\\":2"}', false],
  ['{"__proto__":1,"constructor":2}', false],
  ['{"a":1,"a":1}', true],
  ['{"sub":1,"\\u0073ub":2}', true],
  ['{"a":{"b":1,"c":[],"b":2}}', true],
  ['[[{"a":{"x":1},"a" : 2}]]', true],
])('%s: %s', (json, twice) => {
  JSON.parse(json)
  expect(hasDuplicateNames(json)).toBe(twice)
})
