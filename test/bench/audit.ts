import { generateKeyPairSync } from 'node:crypto'
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { type AuditLog, openAuditLog } from '../../relay/audit/audit-log.ts'
import { chainLine } from '../../relay/audit/chain.ts'
import { logOptions, record } from '../support/audit-log.ts'
import type { Options } from './options.ts'
import { type Figures, inRounds } from './rounds.ts'
import { type Columns, printTable } from './table.ts'

type Column = 'recordsPerSecond' | 'microseconds'

const columns: Columns<Column> = {
  recordsPerSecond: ['records/s', 0],
  microseconds: ['µs each', 1],
}
const mostWaiting = 8192
const inOneTurn = 64
const waiting = 64
const line = chainLine(record('0'), { seq: 0, prev: null }).bytes

type Way = (folder: string, until: () => boolean) => Promise<number>

/** Each writes records of the same size, as many as it can. */
const ways: ReadonlyArray<readonly [string, Way]> = [
  ['jetway', (folder, until) => throughLog(folder, (log) => appending(log, until))],
  [`jetway, ${waiting} that wait`, (folder, until) => throughLog(folder, (log) => committing(log, until))],
  ['fdatasync each', (folder, until) => plainly(folder, until, true)],
  ['no sync', (folder, until) => plainly(folder, until, false)],
]

/** How many records a second get to the disk: chained, in the tree and signed, beside plain writes. */
export async function auditThroughput({ rounds, seconds }: Options): Promise<object> {
  const run = async (way: Way): Promise<Figures<Column>> => {
    const folder = await mkdtemp(join(tmpdir(), 'jetway-bench-'))
    const started = performance.now()
    const elapsed = () => performance.now() - started
    try {
      const records = await way(folder, () => elapsed() >= seconds * 1000)
      return { recordsPerSecond: (records / elapsed()) * 1000, microseconds: (elapsed() * 1000) / records }
    } finally {
      await rm(folder, { recursive: true })
    }
  }
  const results = await inRounds(
    rounds,
    ways.map(([name]) => ({ name, url: name })),
    ({ url }) => run((ways.find(([name]) => name === url) as (typeof ways)[number])[1]),
  )
  printTable(`audit log: records of ${line.length} bytes`, columns, results)
  return Object.fromEntries(results)
}

async function throughLog(folder: string, work: (log: AuditLog) => Promise<number>): Promise<number> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const checkpoints = { everyRecords: 10_000, everySeconds: 60, heartbeatSeconds: 300 }
  const options = logOptions(join(folder, 'audit.jsonl'), { key: privateKey, checkpoints })
  const log = await openAuditLog(options, (error) => {
    throw error
  })
  const records = await work(log)
  await log.close()
  return records
}

/** As reads do: nobody waits. */
async function appending(log: AuditLog, until: () => boolean): Promise<number> {
  let [taken, durable] = [0, 0]
  log.observe(() => {
    durable += 1
  })
  while (!until()) {
    for (let i = 0; i < inOneTurn; i += 1) log.append(record(String(taken + i)))
    taken += inOneTurn
    if (taken - durable > mostWaiting) await log.flush()
    else await turn()
  }
  await log.flush()
  return taken
}

/** As changes do: each waits for its own. */
async function committing(log: AuditLog, until: () => boolean): Promise<number> {
  let taken = 0
  const one = async () => {
    for (; !until(); taken += 1) await log.commit(record(String(taken)))
  }
  await Promise.all(Array.from({ length: waiting }, one))
  return taken
}

async function plainly(folder: string, until: () => boolean, sync: boolean): Promise<number> {
  const descriptor = openSync(join(folder, 'plain.jsonl'), 'a')
  let records = 0
  for (; !until(); records += 1) {
    writeSync(descriptor, line)
    if (sync) fdatasyncSync(descriptor)
  }
  closeSync(descriptor)
  return records
}
