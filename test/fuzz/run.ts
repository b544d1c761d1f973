/**
 * `npm run fuzz -- <target> [<seconds> [<seed>]]`: changes the inputs of a target's corpus, keeps what reaches code
 * that nothing reached before, and stops at the first that breaks something. The corpus is written at the end, with
 * no more in it than is needed to reach everything.
 */
import { seeded } from '../support/random.ts'
import { addBroke, readCorpus, toLine, writeReached } from './corpus.ts'
import { Coverage } from './coverage.ts'
import { mutate } from './mutate.ts'
import { execute, type Target } from './target.ts'
import { targets } from './targets.ts'

const [name, seconds = '60', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2)
const found = targets.find((target) => target.name === name)
if (!found) {
  process.stderr.write(`which? ${targets.map((target) => target.name).join(', ')}\n`)
  process.exit(2)
}
await fuzz(found, Number(seconds) * 1000, seeded(Number(seed)))
await found.close?.()

async function fuzz(target: Target, ms: number, random: () => number): Promise<void> {
  const coverage = new Coverage()
  const pool = [...target.seeds]
  const tryOut = async (input: Uint8Array) => {
    await execute(target, input).catch((error: Error) => broke(target, input, error))
    if (coverage.isNew()) pool.push(input)
  }
  for (const input of target.seeds) await execute(target, input)
  coverage.isNew()
  for (const input of shortestFirst(readCorpus(target.name))) await tryOut(input)
  const before = pool.length
  const until = Date.now() + ms
  let runs = 0
  for (; Date.now() < until; runs += 1) {
    await tryOut(mutate(target, pool[Math.floor(random() * pool.length)] as Uint8Array, pool, random))
  }
  const needed = await fewest(target, pool.slice(target.seeds.length))
  writeReached(target.name, needed)
  const report = { target: target.name, seed, runs, before, found: pool.length - before, kept: needed.length }
  process.stdout.write(`${JSON.stringify(report)}\n`)
}

/** Those that reach, together with the target's own, everything; the short ones before the long. */
async function fewest(target: Target, inputs: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const coverage = new Coverage()
  coverage.skip()
  for (const input of target.seeds) await execute(target, input)
  coverage.isNew()
  const needed: Uint8Array[] = []
  for (const input of shortestFirst(inputs)) {
    await execute(target, input)
    if (coverage.isNew()) needed.push(input)
  }
  return needed
}

function broke(target: Target, input: Uint8Array, error: Error): never {
  addBroke(target.name, input)
  process.stdout.write(`${toLine(input)}\n${error.stack}\nKept in the corpus; seed ${seed}.\n`)
  process.exit(1)
}

function shortestFirst(inputs: readonly Uint8Array[]): Uint8Array[] {
  return inputs.toSorted((a, b) => a.length - b.length)
}
