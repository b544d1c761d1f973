import { step } from '../../build/setup/steps.ts'
import { beside, measure } from './measure.ts'
import type { Link, Options } from './options.ts'
import type { Path } from './peers/peer.ts'
import { type Figures, inRounds } from './rounds.ts'
import type { Site } from './site.ts'
import { type Columns, printTable } from './table.ts'

/** c1, c16: one connection, sixteen at once; b: small requests beside a bulk download. docs/performance.md says more. */
const columns = {
  cold: ['cold ms', 2],
  c1p50: ['c1 p50 ms', 3],
  c16perSecond: ['c16 req/s', 0],
  c16p99: ['c16 p99 ms', 2],
  down: ['down MB/s', 1],
  down8: ['8 down MB/s', 1],
  up: ['up MB/s', 1],
  besideP50: ['b p50 ms', 2],
  besideP99: ['b p99 ms', 2],
} as const satisfies Columns<string>

type Column = keyof typeof columns

/** A second of bulk on loopback, about. */
const loopbackBytesPerSecond = 133_000_000
/** A lossy link is slow whatever its rate. */
const lossyBytesPerSecond = 700_000
const warmUpBytes = 200_000_000

/** Speed on loopback. @returns the figures by peer */
export async function onLoopback(site: Site, paths: readonly Path[], o: Options): Promise<object> {
  await warmUp(site, paths, o)
  return measureAll('RTT 0, loopback', site, paths, o, loopbackBytesPerSecond)
}

/** Speed over each link. @returns the figures by link and peer */
export async function overDistance(site: Site, paths: readonly Path[], o: Options): Promise<object> {
  await warmUp(site, paths, o)
  const all: Record<string, object> = {}
  for (const link of o.links) {
    await site.wan?.set(link)
    const title = linkTitle(link)
    const bytesPerSecond = link.lossPercent > 0 ? lossyBytesPerSecond : link.mbit * 125_000
    all[title] = await measureAll(title, site, paths, o, bytesPerSecond)
  }
  return all
}

export function linkTitle({ rttMs, mbit, lossPercent }: Link): string {
  return `RTT ${rttMs} ms, ${mbit} Mbit/s${lossPercent > 0 ? `, ${lossPercent} % lost` : ''}`
}

/** What was not compiled yet by V8 or HotSpot is slow the first time; that is not what is compared. */
export async function warmUp(site: Site, paths: readonly Path[], { seconds }: Options): Promise<void> {
  for (const path of paths)
    await step(`warm up: ${path.name}`, async () => {
      await measure(site, path, 'requests', 16, Math.min(3, seconds))
      await measure(site, path, 'down', warmUpBytes, 1)
      await measure(site, path, 'up', warmUpBytes)
    })
}

async function measureAll(
  title: string,
  site: Site,
  paths: readonly Path[],
  { rounds, seconds }: Options,
  bytesPerSecond: number,
): Promise<object> {
  const bytes = Math.round(bytesPerSecond * seconds)
  const results = await inRounds(rounds, paths, async (path): Promise<Figures<Column>> => {
    const ask = (...args: readonly (string | number)[]) => measure(site, path, ...args)
    await ask('requests', 16, Math.min(1, seconds))
    const cold = await ask('cold', seconds)
    const one = await ask('requests', 1, seconds)
    const many = await ask('requests', 16, seconds)
    const down = await ask('down', bytes, 1)
    const down8 = await ask('down', bytes, 8)
    const up = await ask('up', bytes)
    const small = await beside(site, path, ['flow'], () => ask('requests', 1, seconds))
    return {
      cold: cold.p50,
      c1p50: one.p50,
      c16perSecond: many.perSecond,
      c16p99: many.p99,
      down: down.megabytesPerSecond,
      down8: down8.megabytesPerSecond,
      up: up.megabytesPerSecond,
      besideP50: small.p50,
      besideP99: small.p99,
    }
  })
  printTable(title, columns, results)
  return Object.fromEntries(results)
}
