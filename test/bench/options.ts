import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export const modes = [
  'loopback',
  'wan',
  'idle',
  'hol',
  'reconnect',
  'page',
  'audit',
  'relay',
  'decision',
  'engine',
] as const

export interface Link {
  readonly rttMs: number
  readonly mbit: number
  readonly lossPercent: number
}

export interface Options {
  readonly mode: (typeof modes)[number]
  /** Of the mode `relay`, by name; none for all. */
  readonly parts: readonly string[]
  /** Of all peers in turn; the median of them is what counts. */
  readonly rounds: number
  /** How long requests are measured, a figure; bulk transfers are as large as take about as long. */
  readonly seconds: number
  /** Names of the only peers to run beside jetway; null for all. */
  readonly peers: readonly string[] | null
  /** Between the sides, one after the other; none for loopback. */
  readonly links: readonly Link[]
  /** Files; see peers/contender.ts. */
  readonly contenders: readonly string[]
  /** A folder for CPU profiles of relay and client; null for none. */
  readonly profile: string | null
}

export const usage = `npm run bench [-- [wan | idle | hol | reconnect | page | audit | decision | engine | relay [part...]] [options]]
  --rounds N           rounds of all peers in turn (3)
  --seconds S          how long each figure is measured (3; of the relay's parts 60)
  --peers a,b          only these beside jetway
  --link RTT/MBIT/LOSS for wan, hol, reconnect and page, e.g. 100/200/1: ms, Mbit/s, percent; may be given several times
  --contender FILE     one more peer, described in a JSON or JS file; may be given several times
  --profile DIR        write a CPU profile of the relay and one of the client there`

/**
 * @param peerNames that `--peers` may hold
 * @throws Error that says what is wrong
 */
export function readOptions(args: readonly string[], peerNames: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string' },
      peers: { type: 'string' },
      link: { type: 'string', multiple: true },
      contender: { type: 'string', multiple: true, default: [] },
      profile: { type: 'string' },
    },
  })
  const mode = modes.find((name) => name === (positionals[0] ?? 'loopback'))
  const parts = positionals.slice(1)
  if (mode === undefined || (mode !== 'relay' && parts.length > 0))
    throw new Error(`not a mode: ${positionals.join(' ')}`)
  const peers = values.peers?.split(',') ?? null
  const unknown = peers?.find((name) => !peerNames.includes(name))
  if (unknown !== undefined) throw new Error(`not one of ${peerNames.join(', ')}: ${unknown}`)
  return {
    mode,
    parts,
    rounds: positive(values.rounds),
    seconds: positive(values.seconds ?? (mode === 'relay' ? '60' : '3')),
    peers,
    links: linksOf[mode].length > 0 && values.link ? values.link.map(readLink) : linksOf[mode],
    contenders: values.contender,
    profile: values.profile === undefined ? null : resolve(values.profile),
  }
}

const link = (rttMs: number, mbit: number, lossPercent = 0): Link => ({ rttMs, mbit, lossPercent })

/** Those that are taken when none is named; a mode without any is on loopback. */
const linksOf: Readonly<Record<Options['mode'], readonly Link[]>> = {
  loopback: [],
  decision: [],
  engine: [],
  idle: [],
  relay: [],
  audit: [],
  hol: [link(20, 200)],
  page: [link(0, 1000), link(80, 20)],
  wan: [
    ...[200, 500].flatMap((mbit) => [0, 20, 100, 250].map((rttMs) => link(rttMs, mbit))),
    link(20, 200, 1),
    link(100, 200, 1),
  ],
  reconnect: [link(0, 500), ...[20, 100, 250].map((rttMs) => link(rttMs, 200))],
}

function readLink(text: string): Link {
  const [, rtt, mbit, loss = 0] = /^(\d+)\/(\d+)(?:\/(\d+(?:\.\d+)?))?$/.exec(text) ?? []
  if (rtt === undefined) throw new Error(`not a link: ${text}`)
  return link(Number(rtt), Number(mbit), Number(loss))
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`not a number above 0: ${text}`)
  return value
}
