import { expect, test } from 'vitest'
import { backoffMs } from '#client/backoff.ts'

test('grows to a most, and is anywhere below it', () => {
  const most = [0, 1, 2, 3, 6, 7, 100].map((attempt) => backoffMs(attempt, () => 0.999_999))
  expect(most).toEqual([500, 1000, 2000, 4000, 30_000, 30_000, 30_000])
  expect(backoffMs(5, () => 0)).toBe(0)
})
