import { setTimeout as sleep } from 'node:timers/promises'
import { step } from '../../build/setup/steps.ts'
import type { Wan } from '../support/wan/wan.ts'
import { beside } from './measure.ts'
import type { Link, Options } from './options.ts'
import type { Path } from './peers/peer.ts'
import type { Figures } from './rounds.ts'
import type { Site } from './site.ts'
import { type Columns, printTable } from './table.ts'
import { linkTitle, warmUp } from './throughput.ts'

const columns = {
  median: ['median ms', 0],
  worst: ['worst ms', 0],
  target: ['target ms', 0],
} as const satisfies Columns<string>

/** In each round. */
const times = 5

interface Scene {
  readonly wan: Wan
  /** The longest silence in so many milliseconds from now on, or, with 0, the one until the next bytes. */
  readonly silence: (ms: number) => Promise<number>
  /** In so much time a download is at full speed again. */
  readonly settleMs: number
}

/** What happens to the network; 2 s is less than a client takes for the end of a carrier, 12 s is more. */
const events: Readonly<Record<string, (scene: Scene) => Promise<number>>> = {
  reset: cut((wan) => wan.cutConnections()),
  'black hole, 2 s': blackHole(2),
  'black hole, 12 s': blackHole(12),
  'another network': cut((wan) => wan.move()),
  '12 s, another network': blackHole(12, (wan) => wan.move()),
}

/** What was on its way locally still arrives after the cut, so the figure is the silence that follows. */
function cut(happens: (wan: Wan) => Promise<void>) {
  return async ({ wan, silence, settleMs }: Scene): Promise<number> => {
    const longest = silence(settleMs)
    await happens(wan)
    return longest
  }
}

function blackHole(seconds: number, meanwhile: (wan: Wan) => Promise<void> = async () => {}) {
  return async ({ wan, silence }: Scene): Promise<number> => {
    await wan.down()
    await sleep(seconds * 1000)
    await meanwhile(wan)
    const next = silence(0)
    await wan.up()
    return next
  }
}

/**
 * How soon bytes flow again through Jetway once the network is back, in a download that has survived.
 *
 * @returns the figures by link and event
 */
export async function reconnect(site: Site, path: Path, o: Options): Promise<object> {
  await warmUp(site, [path], o)
  const all: Record<string, object> = {}
  for (const link of o.links) {
    const results = await overLink(site, path, link, o.rounds)
    printTable(linkTitle(link), columns, results)
    all[linkTitle(link)] = Object.fromEntries(results)
  }
  return all
}

async function overLink(site: Site, path: Path, link: Link, rounds: number) {
  const wan = site.wan as Wan
  await wan.set(link)
  const settleMs = 1000 + 10 * link.rttMs
  const seen = new Map<string, number[]>(Object.keys(events).map((name) => [name, []]))
  await beside(site, path, ['silence'], async ([download]) => {
    const silence = async (ms: number) => {
      download?.ask(ms)
      return Number(await download?.tells())
    }
    for (let round = 1; round <= rounds; round += 1)
      for (const [name, happens] of Object.entries(events))
        await step(`round ${round}: ${name}`, async () => {
          for (let i = 0; i < times; i += 1) {
            seen.get(name)?.push(await happens({ wan, silence, settleMs }))
            // A client looks at its addresses once a second: not always at the same moment of it
            await sleep(settleMs + Math.random() * 1000)
          }
        })
  })
  return new Map([...seen].map(([name, ms]) => [name, figuresOf(ms, link)]))
}

function figuresOf(ms: number[], { rttMs }: Link): Figures<keyof typeof columns> {
  ms.sort((a, b) => a - b)
  return { median: ms[ms.length >> 1] as number, worst: ms.at(-1) as number, target: 2 * rttMs + 200 }
}
