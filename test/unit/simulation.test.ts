import { expect, test } from 'vitest'
import { simulate } from '../simulation/simulate.ts'

/** A long run: `npm run simulate -- 100000`. One that fails here: `npm run simulate -- 1 <seed>`. */
const blocks = Array.from({ length: 10 }, (_, i) => 1 + i * 300)

test.each(blocks)('300 simulated lives of a session from seed %i', async (from) => {
  let resumes = 0
  for (let seed = from; seed < from + 300; seed += 1) {
    resumes += (await simulate(seed).catch((error) => expect.fail(`seed ${seed}: ${error.message}`))).resumes
  }
  // A simulation in which nothing fails would show nothing.
  expect(resumes).toBeGreaterThan(300)
})
