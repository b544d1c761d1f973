import { stat } from 'node:fs/promises'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { lineHash, readLink } from './chain.ts'
import type { KeptCheckpoint } from './checkpoint-file.ts'
import { type LogFiles, readLines } from './log-files.ts'
import { Frontier, leafHash } from './merkle-tree.ts'

/** Where a log ends: all that it takes to write the next line. */
export interface Tail {
  readonly frontier: Frontier
  /** The hash of the last line; null for an empty log. */
  readonly last: string | null
  /** The first sequence number of the segment that is written. */
  readonly segment: number
  /** Where its next line begins. */
  readonly offset: number
  /** Whether a line follows that a crash cut short. */
  readonly isTorn: boolean
}

export function tailAt(checkpoint: KeptCheckpoint | null): Tail {
  const { frontier, last, segment, offset } = checkpoint ?? {
    frontier: new Frontier(),
    last: null,
    segment: 0,
    offset: 0,
  }
  return { frontier, last, segment, offset, isTorn: false }
}

/**
 * Reads on from a place to the end of a log, and holds each line against the chain.
 *
 * @throws EVIDENCE_INVALID for a line that does not follow the one before, and when records are gone
 */
export async function readOn(files: LogFiles, from: Tail): Promise<Tail> {
  const segments = await files.segments()
  const frontier = from.frontier.copy()
  let { last, segment, offset } = from
  for (const { first, path } of segments) {
    // An active segment without a whole line is the next one.
    const its = first ?? frontier.size
    if (its < segment) continue
    if (its !== segment && its === frontier.size) [segment, offset] = [its, 0]
    if (its !== segment || (await stat(path)).size < offset) throw gone(path, frontier.size)
    for await (const { bytes, offset: at, isWhole } of readLines(path, offset)) {
      const link = isWhole ? readLink(bytes) : null
      if (link === null) {
        if (path !== files.active || (await holdsLines(path, at))) throw broken(path, frontier.size)
        return { frontier, last, segment, offset: at, isTorn: true }
      }
      if (link.seq !== frontier.size || link.prev !== last) throw broken(path, frontier.size)
      frontier.push(leafHash(bytes))
      last = lineHash(bytes)
      offset = at + bytes.length + 1
    }
  }
  if (!segments.some(({ first }) => first === segment) && offset > 0)
    throw gone(files.segment(segment), frontier.size)
  return { frontier, last, segment, offset, isTorn: false }
}

/** A crash leaves a piece of a line, or bytes that are none; never a line that is followed by others. */
async function holdsLines(path: string, from: number): Promise<boolean> {
  for await (const { bytes, isWhole } of readLines(path, from)) if (isWhole && readLink(bytes)) return true
  return false
}

function gone(path: string, size: number): JetwayError {
  return new JetwayError('EVIDENCE_INVALID', {
    reason: `${path} does not hold the ${size} records that were written and signed.`,
  })
}

function broken(path: string, seq: number): JetwayError {
  return new JetwayError('EVIDENCE_INVALID', {
    reason: `${path} was changed at the record of sequence number ${seq}.`,
  })
}
