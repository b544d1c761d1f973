import { beside, measure } from './measure.ts'
import type { Options } from './options.ts'
import type { Path } from './peers/peer.ts'
import { type Figures, inRounds } from './rounds.ts'
import type { Site } from './site.ts'
import { type Columns, printTable } from './table.ts'
import { linkTitle, warmUp } from './throughput.ts'

const columns = {
  aloneP50: ['alone p50', 2],
  aloneP99: ['p99 ms', 2],
  stalledP50: ['beside stalled p50', 2],
  stalledP99: ['p99 ms', 2],
  bulkP50: ['beside bulk p50', 2],
  bulkP99: ['p99 ms', 2],
  bothP50: ['beside both p50', 2],
  bothP99: ['p99 ms', 2],
} as const satisfies Columns<string>

/**
 * Head of line: small requests alone, beside a download that nobody reads, beside one that runs, and beside both.
 *
 * @returns the figures by link and peer
 */
export async function headOfLine(site: Site, paths: readonly Path[], o: Options): Promise<object> {
  await warmUp(site, paths, o)
  const all: Record<string, object> = {}
  for (const link of o.links) {
    await site.wan?.set(link)
    const results = await inRounds(o.rounds, paths, async (path): Promise<Figures<keyof typeof columns>> => {
      const small = () => measure(site, path, 'requests', 1, o.seconds)
      const alone = await small()
      const stalled = await beside(site, path, ['stall'], small)
      const bulk = await beside(site, path, ['flow'], small)
      const both = await beside(site, path, ['stall', 'flow'], small)
      return {
        aloneP50: alone.p50,
        aloneP99: alone.p99,
        stalledP50: stalled.p50,
        stalledP99: stalled.p99,
        bulkP50: bulk.p50,
        bulkP99: bulk.p99,
        bothP50: both.p50,
        bothP99: both.p99,
      }
    })
    printTable(linkTitle(link), columns, results)
    all[linkTitle(link)] = Object.fromEntries(results)
  }
  return all
}
