import type { LogLines, PlacedLine } from './log-lines.ts'

/** The first thing that is wrong in a log. */
export interface Fault {
  /**
   * - `changed`, `removed`, `reordered`, `inserted`: of records
   * - `truncated`: records at the end that were signed are gone
   * - `forged`: a checkpoint is not signed by the key
   * - `forked`: two signed checkpoints, or a signed checkpoint and the log, are of different logs
   */
  readonly kind: 'changed' | 'removed' | 'reordered' | 'inserted' | 'truncated' | 'forged' | 'forked'
  readonly file: string
  /** From 1; null for a file as a whole. */
  readonly line: number | null
  readonly what: string
}

export function faultAt(kind: Fault['kind'], { file, number }: PlacedLine, what: string): Fault {
  return { kind, file, line: number, what }
}

/**
 * Says what was done to a log whose chain breaks.
 *
 * @param last the line before, the last one that is in order; null for none
 * @param next where the chain breaks: the sequence number and hash that should stand here
 * @param rest what follows `bad`
 */
export async function findFault(
  last: PlacedLine | null,
  next: { readonly seq: number; readonly prev: string | null },
  bad: PlacedLine,
  rest: LogLines,
): Promise<Fault> {
  const after = await rest.peek(0)
  const follows = (line: PlacedLine | null) => line?.link?.seq === next.seq && line.link.prev === next.prev
  const isFollowed = after?.link?.prev === bad.hash
  if (follows(after)) {
    // Without it all is well so far: it was put in, or it belongs further down.
    const { hasFollower, hasTwin } = await lookFor(bad, next.seq, rest)
    return hasFollower && !hasTwin
      ? faultAt('reordered', bad, 'This record belongs further down.')
      : faultAt('inserted', bad, 'This line was put in.')
  }
  const { link } = bad
  if (link === null) return faultAt('changed', bad, 'This is no record.')
  if (link.seq === next.seq) {
    return last !== null && (isFollowed || after === null)
      ? faultAt('changed', last, 'This record is not the one that the next one follows.')
      : faultAt('changed', bad, 'This record does not follow the one before.')
  }
  if (link.seq < next.seq) {
    return last?.link?.seq === link.seq && isFollowed
      ? faultAt('inserted', last, 'This record was put in before the one of the same sequence number.')
      : faultAt('inserted', bad, `There is a record of sequence number ${link.seq} already.`)
  }
  if ((await lookFor(bad, next.seq, rest)).hasSeq)
    return faultAt('reordered', bad, `Record ${next.seq} belongs here, and stands further down.`)
  const missing =
    link.seq - 1 > next.seq ? `Records ${next.seq} to ${link.seq - 1} are` : `Record ${next.seq} is`
  return faultAt('removed', bad, `${missing} missing before this one.`)
}

/** Goes through all that follows. */
async function lookFor(
  bad: PlacedLine,
  seq: number,
  rest: LogLines,
): Promise<{ hasFollower: boolean; hasTwin: boolean; hasSeq: boolean }> {
  const found = { hasFollower: false, hasTwin: false, hasSeq: false }
  for (let line = await rest.next(); line !== null; line = await rest.next()) {
    found.hasFollower ||= line.link?.prev === bad.hash
    found.hasTwin ||= line.hash === bad.hash
    found.hasSeq ||= line.link?.seq === seq
  }
  return found
}
