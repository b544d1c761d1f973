import { describe, expect, test } from 'vitest'
import { duration } from '#shared/duration.ts'

describe('a duration', () => {
  test.each([
    [-1, '1 min'],
    [0, '1 min'],
    [1, '1 min'],
    [59 * 60_000, '59 min'],
    [60 * 60_000, '1 h'],
    [125 * 60_000, '2 h 5 min'],
    [48 * 3_600_000 - 60_000, '47 h 59 min'],
    [48 * 3_600_000, '2 days'],
  ])('%d ms: %s', (ms, text) => expect(duration(ms)).toBe(text))
})
