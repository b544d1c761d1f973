import { expect, test } from 'vitest'
import { swapUnderLoad } from '../support/swap/run.ts'

test('eight swaps in eight seconds of load fail no request, mix no answer, and leave nothing', async () => {
  const run = await swapUnderLoad(8)
  expect(run.failed).toEqual([])
  expect(run.mixed).toEqual([])
  expect(run.notOnce).toEqual([])
  expect(run.answers.length).toBeGreaterThan(1000)
  // Both were at work, and denied what only one of them allows.
  expect(new Set(run.answers.map(({ status }) => status))).toEqual(new Set([200, 403]))
  expect(run.before.generations).toBe(1)
  expect(run.after.generations).toBe(1)
  const { before, after } = run
  expect(
    Object.entries(after.resources).filter(([name, count]) => count > (before.resources[name] ?? 0)),
  ).toEqual([])
  expect(run.after.heapBytes - run.before.heapBytes).toBeLessThan(8_000_000)
  expect(run.upstreamConnections).toBeLessThanOrEqual(1)
})
