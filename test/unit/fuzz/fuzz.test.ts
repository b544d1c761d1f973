import { afterAll, describe, expect, test } from 'vitest'
import { fromLine, readCorpus, toLine } from '../../fuzz/corpus.ts'
import { mutate } from '../../fuzz/mutate.ts'
import { execute } from '../../fuzz/target.ts'
import { targets } from '../../fuzz/targets.ts'
import { seeded } from '../../support/random.ts'

/** A long run, which is guided by what it reaches: `npm run fuzz -- <target> <seconds>`. */
const changedInputs = 1000

describe.each(targets)('$name', (target) => {
  const pool = [...target.seeds, ...readCorpus(target.name)]

  const holds = (input: Uint8Array) =>
    execute(target, input).catch((error: Error) => expect.fail(`${toLine(input)}\n${error.stack}`))

  afterAll(() => target.close?.())

  test('every input that is kept', async () => {
    expect(pool.length).toBeGreaterThan(target.seeds.length)
    for (const input of [new Uint8Array(0), ...pool]) await holds(input)
  })

  test(`${changedInputs} changed ones`, async () => {
    const random = seeded(1)
    for (let i = 0; i < changedInputs; i += 1) {
      const input = pool[Math.floor(random() * pool.length)] as Uint8Array
      await holds(mutate(target, input, pool, random))
    }
  })
})

test('an input survives being kept', () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i)
  for (const input of [all, new Uint8Array([0x20]), new Uint8Array([0x5c, 0x78, 0x34, 0x31])]) {
    expect(fromLine(toLine(input))).toEqual(input)
  }
  expect(toLine(all)).not.toContain('\n')
})
