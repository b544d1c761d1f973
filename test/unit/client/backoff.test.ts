import { expect, test } from 'vitest'
import { backoffMs } from '#client/backoff.ts'

test('grows to a most, and is anywhere below it', () => {
  const most = [0, 1, 2, 3, 4, 5, 100].map((attempt) => backoffMs(attempt, () => 0.999_999))
  expect(most).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000, 15_000])
  expect(backoffMs(5, () => 0)).toBe(0)
})
