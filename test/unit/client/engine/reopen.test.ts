import { expect, test } from 'vitest'
import { reopen } from '#client/engine/reopen.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { ErrorCode } from '#shared/errors/table.ts'
import { World } from '../../../simulation/world.ts'

/** Fails with each code in turn, then succeeds. */
function start(failures: ErrorCode[], onWait: (hurry: () => void) => void = () => {}) {
  const world = new World(1)
  const wish = new AbortController()
  const attempts: number[] = []
  const told: ErrorCode[] = []
  let result: boolean | null = null
  void reopen({
    open: async () => {
      attempts.push(world.now)
      const code = failures.shift()
      if (code) throw new JetwayError(code)
    },
    onWait,
    onFailure: ({ code }) => told.push(code),
    signal: wish.signal,
    scheduler: world.scheduler,
    random: () => 0.5,
  }).then((isOpen) => {
    result = isOpen
  })
  const done = () => world.run(600_000, () => result !== null)
  return { world, wish, attempts, told, done, result: () => result }
}

test('tries again, after a longer wait each time, until it succeeds', async () => {
  const run = start(['RELAY_UNREACHABLE', 'OVERLOADED'])
  await run.done()
  expect(run.result()).toBe(true)
  expect(run.attempts).toEqual([500, 1500, 3500])
  expect(run.told).toEqual(['RELAY_UNREACHABLE', 'OVERLOADED'])
})

test('stops at what trying again cannot mend', async () => {
  const run = start(['RELAY_UNREACHABLE', 'RELAY_UNTRUSTED'])
  await run.done()
  expect(run.result()).toBe(false)
  expect(run.told).toEqual(['RELAY_UNREACHABLE', 'RELAY_UNTRUSTED'])
})

test('a hurry cuts one wait short, and not the next', async () => {
  let hurryNow = () => {}
  const run = start(['RELAY_UNREACHABLE'], (hurry) => {
    hurryNow = hurry
  })
  run.world.after(100, () => hurryNow())
  await run.done()
  expect(run.attempts).toEqual([100, 1100])
})

test('ends when it is not wanted any more', async () => {
  const run = start(['RELAY_UNREACHABLE'])
  run.world.after(800, () => run.wish.abort())
  await run.done()
  expect(run.result()).toBe(false)
  expect(run.attempts).toEqual([500])
})
