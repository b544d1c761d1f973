import { JetwayError } from '#shared/errors/jetway-error.ts'
import { type KeptCheckpoint, parseKept, readCheckpointLines } from './checkpoint-file.ts'
import { LogFiles } from './log-files.ts'
import { LogLines } from './log-lines.ts'
import { Frontier, leafHash } from './merkle-tree.ts'
import type { Verifier } from './note.ts'
import { consistencyRanges, inclusionRanges, rangeRoots } from './proof.ts'
import { search } from './query.ts'
import type { ProofFile } from './tlog-proof.ts'

/**
 * Proves that a record is in the log, by the last checkpoint.
 *
 * @param which a sequence number, or a record's id
 * @throws USAGE when there is no such record, several, or no checkpoint covers it yet
 */
export async function proveRecord(file: string, verifier: Verifier, which: string): Promise<ProofFile> {
  const { index, record } = await findRecord(file, which)
  const { newest, before } = await checkpointsOf(file, verifier)
  if (newest.size <= index) throw usage(`No checkpoint covers record ${index} yet.`)
  const hashes = await rangeRoots(inclusionRanges(index, newest.size), before, leaves(file))
  return { kind: 'inclusion', index, record, hashes, checkpoint: newest.note }
}

/**
 * Proves that the log continues what an older checkpoint was signed for.
 *
 * @throws USAGE when the log was not so large yet
 */
export async function proveConsistency(
  file: string,
  verifier: Verifier,
  oldSize: number,
): Promise<ProofFile> {
  const { newest, before } = await checkpointsOf(file, verifier)
  if (!(oldSize >= 1 && oldSize <= newest.size))
    throw usage(`The last checkpoint is of ${newest.size} records.`)
  const hashes = await rangeRoots(consistencyRanges(oldSize, newest.size), before, leaves(file))
  return { kind: 'consistency', oldSize, hashes, checkpoint: newest.note }
}

interface Found {
  readonly index: number
  readonly record: Buffer
}

async function findRecord(file: string, which: string): Promise<Found> {
  const found = /^\d{1,15}$/.test(which) ? await withNumber(file, Number(which)) : await withId(file, which)
  const [only, another] = found
  if (!only) throw usage(`There is no record ${which}.`)
  const numbers = found.map(({ index }) => index).join(', ')
  if (another) throw usage(`Several records have this id; take one by its number: ${numbers}.`)
  return only
}

async function withNumber(file: string, index: number): Promise<Found[]> {
  const lines = new LogLines(new LogFiles(file))
  try {
    for (let line = await lines.next(); line !== null; line = await lines.next())
      if (line.link?.seq === index) return [{ index, record: line.bytes }]
    return []
  } finally {
    await lines.close()
  }
}

async function withId(file: string, requestId: string): Promise<Found[]> {
  const found: Found[] = []
  for await (const { seq, bytes } of search(file, { requestId })) found.push({ index: seq, record: bytes })
  return found
}

async function checkpointsOf(
  file: string,
  verifier: Verifier,
): Promise<{ newest: KeptCheckpoint; before: Frontier }> {
  const files = new LogFiles(file)
  const kept = (await readCheckpointLines(files.checkpoints)).map((line) => parseKept(line, verifier))
  const newest = kept.at(-1)
  if (!newest) throw usage(`${file} has no checkpoint yet.`)
  const first = (await files.segments())[0]?.first ?? 0
  const before = first === 0 ? new Frontier() : kept.find(({ size }) => size === first)?.frontier
  if (!before)
    throw new JetwayError('EVIDENCE_INVALID', {
      reason: `No checkpoint stands for what was before record ${first}.`,
    })
  return { newest, before }
}

async function* leaves(file: string): AsyncGenerator<Buffer, void, void> {
  const lines = new LogLines(new LogFiles(file))
  try {
    for (let line = await lines.next(); line !== null; line = await lines.next()) yield leafHash(line.bytes)
  } finally {
    await lines.close()
  }
}

function usage(reason: string): JetwayError {
  return new JetwayError('USAGE', { reason })
}
