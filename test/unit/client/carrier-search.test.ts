import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { CarrierSearch } from '../../../client/carrier-search.ts'
import { scheduler } from '../../../client/scheduler.ts'
import { End } from '../shared/protocol/pair.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A search whose waits are as long as they can be. @param resume one attempt */
function searching(resume: (signal: AbortSignal) => Promise<void>): CarrierSearch {
  const { session } = new End('client', { now: 0 })
  session.detach()
  const search = new CarrierSearch({
    session,
    keepMs: 90_000,
    resume,
    onFailure: () => {},
    scheduler,
    random: () => 0.999,
  })
  search.begin()
  return search
}

test('another network ends the wait for the next attempt', async () => {
  let attempts = 0
  const search = searching(async () => {
    attempts += 1
    throw new JetwayError('RELAY_UNREACHABLE', { relay: 'relay', reason: 'no network' })
  })
  // At 0.1, 1.1, 3.1 and 7.1 s
  await vi.advanceTimersByTimeAsync(8000)
  expect(attempts).toBe(4)
  search.hurry()
  await vi.advanceTimersByTimeAsync(110)
  expect(attempts).toBe(5)
})

test('and leaves an attempt that is under way alone', async () => {
  const signals: AbortSignal[] = []
  const search = searching((signal) => {
    signals.push(signal)
    return new Promise(() => {})
  })
  await vi.advanceTimersByTimeAsync(1000)
  search.hurry()
  await vi.advanceTimersByTimeAsync(1000)
  expect(signals.map(({ aborted }) => aborted)).toEqual([false])
})
