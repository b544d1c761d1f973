/**
 * `npm run simulate [-- <seeds> [<first seed>]]`: the tunnel's two ends over carriers that fail in every way. A seed
 * that goes wrong is printed, and `npm run simulate -- 1 <seed>` runs it again.
 */
import { simulate } from './simulate.ts'

const [count = 2000, from = 1] = process.argv.slice(2).map(Number)
const totals = { carriers: 0, resumes: 0, lost: 0, bytes: 0 }
const started = Date.now()
for (let seed = from; seed < from + count; seed += 1) {
  try {
    const { carriers, resumes, lost, bytes } = await simulate(seed)
    totals.carriers += carriers
    totals.resumes += resumes
    totals.lost += lost === null ? 0 : 1
    totals.bytes += bytes
  } catch (error) {
    process.stdout.write(`seed ${seed}: ${(error as Error).stack}\n`)
    process.exit(1)
  }
}
const seconds = ((Date.now() - started) / 1000).toFixed(1)
process.stdout.write(`${JSON.stringify({ seeds: count, seconds: Number(seconds), ...totals })}\n`)
