import { describe, expect, test } from 'vitest'
import { byteRate, milliseconds, roundTrip } from '../../../renderer/format.ts'

describe('a rate', () => {
  test.each([
    [0, '0 B/s'],
    [999, '999 B/s'],
    [999.6, '1.0 kB/s'],
    [1200, '1.2 kB/s'],
    [9_940, '9.9 kB/s'],
    [9_960, '10 kB/s'],
    [999_500, '1.0 MB/s'],
    [35_000_000, '35 MB/s'],
    [2_500_000_000_000, '2500 GB/s'],
  ])('%d: %s', (rate, text) => expect(byteRate(rate)).toBe(text))
})

describe('a time', () => {
  test.each([
    [0, '0 ms'],
    [0.42, '0.4 ms'],
    [8, '8 ms'],
    [9.96, '10 ms'],
    [999.4, '999 ms'],
    [999.5, '1.0 s'],
    [1234, '1.2 s'],
  ])('%d: %s', (ms, text) => expect(milliseconds(ms)).toBe(text))
})

describe('a round trip', () => {
  test.each([
    [0.49, '<1 ms'],
    [0.5, '1 ms'],
    [6.4, '6 ms'],
    [999.4, '999 ms'],
    [1234, '1.2 s'],
  ])('%d: %s', (ms, text) => expect(roundTrip(ms)).toBe(text))
})
