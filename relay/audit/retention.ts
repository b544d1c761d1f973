import { unlink } from 'node:fs/promises'
import { dropCheckpointsBefore } from './checkpoint-file.ts'
import { type LogFiles, readLines, syncFolderOf } from './log-files.ts'
import type { Verifier } from './note.ts'

export const dayMs = 86_400_000

/**
 * Deletes segments whose last record is older than `keepDays`, once that is written in the log itself. What is left
 * begins at a checkpoint: each segment does.
 *
 * @param record writes down that the log begins at this sequence number now
 */
export async function retire(
  files: LogFiles,
  keepDays: number,
  verifier: Verifier,
  record: (first: number) => Promise<void>,
): Promise<void> {
  const segments = await files.segments()
  const keepFrom = Date.now() - keepDays * dayMs
  const old: string[] = []
  let first: number | null = null
  for (const [i, { path }] of segments.entries()) {
    const next = segments[i + 1]
    // A segment's first line is written when the one before it has ended.
    if (next?.first == null || (await timeOfFirst(next.path)) >= keepFrom) break
    old.push(path)
    first = next.first
  }
  if (first === null) return
  await record(first)
  for (const path of old) await unlink(path)
  await syncFolderOf(files.active)
  await dropCheckpointsBefore(files.checkpoints, first, verifier)
}

/** When the first record of a segment began, in milliseconds since the epoch. */
export async function timeOfFirst(path: string): Promise<number> {
  for await (const { bytes } of readLines(path)) return Date.parse(JSON.parse(bytes.toString()).time)
  return Number.POSITIVE_INFINITY
}
