import { JetwayError } from '#shared/errors/jetway-error.ts'
import { openCheckpoint } from './checkpoint.ts'
import { type KeptCheckpoint, parseKept, readCheckpointLines } from './checkpoint-file.ts'
import type { Fault } from './find-fault.ts'
import type { LogFiles } from './log-files.ts'
import type { Verifier } from './note.ts'

/** A checkpoint that someone kept outside. */
export interface OutsideCheckpoint {
  readonly file: string
  readonly note: string
}

interface Signed {
  readonly root: Buffer
  readonly file: string
  readonly line: number | null
  readonly isOutside: boolean
}

/** What was signed of a log, by its size then. */
export interface SignedSizes {
  readonly bySize: ReadonlyMap<number, Signed>
  readonly kept: readonly KeptCheckpoint[]
  /** The first thing that is wrong with them; null for none. */
  readonly fault: Fault | null
}

/** Reads the checkpoints that stand beside a log, and those of outside. */
export async function readSignedSizes(
  files: LogFiles,
  verifier: Verifier,
  outside: readonly OutsideCheckpoint[],
): Promise<SignedSizes> {
  const bySize = new Map<number, Signed>()
  const kept: KeptCheckpoint[] = []
  const broken = (kind: Fault['kind'], { file, line }: Pick<Signed, 'file' | 'line'>, what: string) => ({
    bySize,
    kept,
    fault: { kind, file, line, what },
  })
  const add = (size: number, signed: Signed): boolean => {
    const known = bySize.get(size)
    if (!known) bySize.set(size, signed)
    return known === undefined || known.root.equals(signed.root)
  }
  let largest = 0
  for (const [i, text] of (await readCheckpointLines(files.checkpoints)).entries()) {
    const at = { file: files.checkpoints, line: i + 1, isOutside: false }
    const opened = open(() => parseKept(text, verifier))
    if (typeof opened === 'string') return broken('forged', at, opened)
    if (!add(opened.size, { root: opened.root, ...at }))
      return broken('forked', at, `Two checkpoints of ${opened.size} records have different roots.`)
    if (opened.size < largest) return broken('reordered', at, 'This checkpoint is older than the one before.')
    largest = opened.size
    kept.push(opened)
  }
  for (const { file, note } of outside) {
    const at = { file, line: null, isOutside: true }
    const opened = open(() => openCheckpoint(note, verifier))
    if (typeof opened === 'string') return broken('forged', at, opened)
    if (!add(opened.size, { root: opened.root, ...at }))
      return broken('forked', at, `The log has another checkpoint of ${opened.size} records.`)
  }
  return { bySize, kept, fault: null }
}

/** @returns why it cannot be opened, in words */
function open<T>(work: () => T): T | string {
  try {
    return work()
  } catch (error) {
    if (error instanceof JetwayError) return error.message
    throw error
  }
}
