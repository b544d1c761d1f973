import { open, readFile, rename, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { parseJson } from '#shared/parse-json.ts'
import { type Checkpoint, openCheckpoint } from './checkpoint.ts'
import { syncFolderOf } from './log-files.ts'
import { Frontier } from './merkle-tree.ts'
import { decodeBase64, type Verifier } from './note.ts'

/** A checkpoint as it is kept: with what it takes to go on from it without reading what was before. */
export interface KeptCheckpoint extends Checkpoint {
  /** ISO 8601, UTC: when it was signed. */
  readonly time: string
  /** The signed note. */
  readonly note: string
  /** Its root is the one that is signed. */
  readonly frontier: Frontier
  /** The hash of the last line; null for an empty log. */
  readonly last: string | null
  /** Where the next line begins: in the segment of that first sequence number, at that byte. */
  readonly segment: number
  readonly offset: number
}

const lineFeed = 10
/** Room for two lines, however large the log: a frontier has 64 hashes at most. */
const mostEndBytes = 16_384
const count = z.int().min(0)
const line = z.strictObject({
  time: z.iso.datetime(),
  checkpoint: z.string(),
  frontier: z.array(z.base64().length(44)).max(64),
  last: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  segment: count,
  offset: count,
})

export function formatKept(kept: Omit<KeptCheckpoint, keyof Checkpoint>): string {
  const { time, note, frontier, last, segment, offset } = kept
  const hashes = frontier.hashes.map((hash) => hash.toString('base64'))
  return `${JSON.stringify({ time, checkpoint: note, frontier: hashes, last, segment, offset } satisfies z.infer<typeof line>)}\n`
}

/** @throws EVIDENCE_INVALID */
export function parseKept(text: string, verifier: Verifier): KeptCheckpoint {
  const parsed = line.safeParse(parseJson(text))
  if (!parsed.success) throw invalid('This is no line of a file of checkpoints.')
  const { checkpoint: note, frontier: hashes, ...place } = parsed.data
  const checkpoint = openCheckpoint(note, verifier)
  const frontier = frontierOf(checkpoint.size, hashes)
  if (!frontier?.root.equals(checkpoint.root))
    throw invalid('The frontier is not that of the root that is signed.')
  return { ...checkpoint, ...place, note, frontier }
}

/** The lines of the file of checkpoints, oldest first; none where there is no file. What a crash cut short is left out. */
export async function readCheckpointLines(path: string): Promise<string[]> {
  try {
    return (await readFile(path, 'utf8')).split('\n').slice(0, -1)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** The last line, without what a crash cut short; null where there is none. */
export async function lastCheckpointLine(path: string): Promise<string | null> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (file === null) return null
  try {
    const { size } = await file.stat()
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(mostEndBytes),
      0,
      mostEndBytes,
      Math.max(0, size - mostEndBytes),
    )
    return buffer.toString('utf8', 0, bytesRead).split('\n').at(-2) ?? null
  } finally {
    await file.close()
  }
}

/** Resolves when the line is on the disk. What a crash cut short before it is taken out. */
export async function addCheckpointLine(path: string, text: string): Promise<void> {
  const file = await open(path, 'a+', 0o600)
  try {
    const { size } = await file.stat()
    const { buffer: end } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
    const isWhole = size === 0 || end[0] === lineFeed
    const whole = isWhole ? size : (await file.readFile()).lastIndexOf(lineFeed) + 1
    if (!isWhole) await file.truncate(whole)
    try {
      await file.appendFile(text)
      await file.datasync()
    } catch (error) {
      await file.truncate(whole).catch(() => {})
      throw error
    }
    if (size === 0) await syncFolderOf(path)
  } finally {
    await file.close()
  }
}

/** Takes out what is older than the first record that is kept. */
export async function dropCheckpointsBefore(path: string, first: number, verifier: Verifier): Promise<void> {
  const lines = await readCheckpointLines(path)
  const kept = lines.filter((text) => parseKept(text, verifier).size >= first)
  if (kept.length === lines.length) return
  await writeFile(`${path}.new`, kept.map((text) => `${text}\n`).join(''), { mode: 0o600, flush: true })
  await rename(`${path}.new`, path)
  await syncFolderOf(path)
}

function frontierOf(size: number, hashes: readonly string[]): Frontier | null {
  const decoded = hashes.map(decodeBase64)
  if (decoded.some((hash) => hash?.length !== 32)) return null
  try {
    return Frontier.of(size, decoded as Buffer[])
  } catch {
    return null
  }
}

function invalid(reason: string): JetwayError {
  return new JetwayError('EVIDENCE_INVALID', { reason })
}
