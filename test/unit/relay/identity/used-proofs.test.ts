import { expect, test } from 'vitest'
import { UsedProofs } from '../../../../relay/identity/used-proofs.ts'

test('one owner cannot fill it alone, and has room again when its own are over', () => {
  let now = 0
  const used = new UsedProofs({ most: 10, mostOfOne: 2, keepSeconds: 60, now: () => now })
  expect([used.use('k', '1', 'ana'), used.use('k', '2', 'ana'), used.use('k', '1', 'ana')]).toEqual([
    true,
    true,
    false,
  ])
  expect(() => used.use('k', '3', 'ana')).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
  expect(used.use('k', '3', 'bob')).toBe(true)
  now = 59_999
  expect(() => used.use('k', '4', 'ana')).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
  now = 60_000
  expect(used.use('k', '4', 'ana')).toBe(true)
})
