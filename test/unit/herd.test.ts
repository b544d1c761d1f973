import { expect, test } from 'vitest'
import { bucketMs, type HerdOutcome, stampede } from '../simulation/herd.ts'

const clients = 1000
/** Connections in 100 ms that a relay has to take from a thousand clients, once the first wave is over. */
const mostInBucket = 175
/** Everyone tries once within 100 ms and their way: a single cut is to be over before a person notices. */
const firstWaveMs = 200
const mostBackMs = 30_000

test.each([
  { downMs: 5000, seed: 1 },
  { downMs: 5000, seed: 2 },
  { downMs: 60_000, seed: 3 },
])('a thousand clients of a relay that was down for $downMs ms', async ({ downMs, seed }) => {
  const outcome = await stampede({ seed, clients, downMs })
  const said = histogram(outcome)
  const firstWave = outcome.attempts.slice(0, firstWaveMs / bucketMs)
  // Everyone was cut off, or this would show nothing.
  expect(sum(firstWave), said).toBeGreaterThanOrEqual(clients)
  expect(Math.max(...firstWave), said).toBeLessThan(0.75 * clients)
  expect(Math.max(...outcome.attempts.slice(firstWave.length)), said).toBeLessThanOrEqual(mostInBucket)
  expect(outcome.allBackAfterMs, said).toBeLessThan(mostBackMs)
})

function histogram({ attempts, allBackAfterMs }: HerdOutcome): string {
  const lines = attempts.map((count, i) => `${String(i * bucketMs).padStart(6)} ms ${count}`)
  return `all back after ${Math.round(allBackAfterMs)} ms; connections since the crash:\n${lines.join('\n')}`
}

function sum(counts: readonly number[]): number {
  return counts.reduce((a, b) => a + b, 0)
}
