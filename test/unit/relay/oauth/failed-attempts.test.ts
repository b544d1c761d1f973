import { expect, test } from 'vitest'
import { FailedAttempts } from '../../../../relay/oauth/failed-attempts.ts'

test('someone may be wrong 30 times, and again as time goes by; others are not meant', () => {
  let now = 1_000_000
  const failed = new FailedAttempts(() => now)
  for (let i = 0; i < 30; i += 1) {
    failed.check('192.0.2.1')
    failed.add('192.0.2.1')
  }
  expect(() => failed.check('192.0.2.1')).toThrow(
    expect.objectContaining({
      code: 'RATE_LIMITED',
      params: expect.objectContaining({ retryAfterSeconds: 2 }),
    }),
  )
  failed.check('192.0.2.2')
  now += 2000
  failed.check('192.0.2.1')
  failed.add('192.0.2.1')
  expect(() => failed.check('192.0.2.1')).toThrow()
  now += 60_000
  for (let i = 0; i < 30; i += 1) {
    failed.check('192.0.2.1')
    failed.add('192.0.2.1')
  }
})

test('however many addresses there are, memory is bounded: who was wrong long ago starts anew', () => {
  const failed = new FailedAttempts(() => 0)
  for (let i = 0; i < 30; i += 1) failed.add('first')
  expect(() => failed.check('first')).toThrow()
  for (let i = 0; i < 9999; i += 1) failed.add(`other ${i}`)
  expect(() => failed.check('first')).toThrow()
  failed.add('one more')
  failed.check('first')
})
