import { createHash, type KeyObject } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { openCheckpoint } from './checkpoint.ts'
import { lastCheckpointLine, parseKept } from './checkpoint-file.ts'
import { csvHeader, csvRow } from './csv.ts'
import { LogFiles } from './log-files.ts'
import { openNote, signNote, type Verifier, verifierOf } from './note.ts'
import { type Query, search } from './query.ts'

export type ExportFormat = 'jsonl' | 'csv'

const manifest = z.strictObject({
  version: z.literal(1),
  /** ISO 8601, UTC. */
  time: z.string(),
  format: z.enum(['jsonl', 'csv']),
  query: z.record(z.string(), z.string()),
  rows: z.int(),
  /** Of the exported file, hex. */
  sha256: z.string(),
  /** The configurations that decided, in the order of the records. */
  generations: z.array(z.string()),
  /** The last one of the log then, a signed note. */
  checkpoint: z.string(),
})

/** What an export says of itself. */
export type Manifest = z.infer<typeof manifest>

/**
 * Writes the records that a query finds into a file, and beside it `<file>.manifest`: a note, signed with the log's
 * key, of what was asked, when, how many rows came, and the digest of the file. JSON lines are those of the log.
 *
 * @throws USAGE when the file is there already, or the log has no checkpoint yet
 */
export async function exportRecords(o: {
  log: string
  key: KeyObject
  origin: string
  query: Query
  format: ExportFormat
  out: string
}): Promise<Manifest> {
  const kept = await lastCheckpointLine(new LogFiles(o.log).checkpoints)
  if (kept === null) throw new JetwayError('USAGE', { reason: `${o.log} has no checkpoint yet.` })
  const { note } = parseKept(kept, verifierOf(o.origin, o.key))
  const out = await newFile(o.out)
  const digest = createHash('sha256')
  const generations = new Set<string>()
  let rows = 0
  try {
    const write = async (text: string | Buffer) => {
      digest.update(text)
      await out.write(text as string)
    }
    if (o.format === 'csv') await write(csvHeader)
    for await (const found of search(o.log, o.query)) {
      rows += 1
      if (found.record.kind !== 'log') generations.add(found.record.generation)
      await write(o.format === 'csv' ? csvRow(found) : Buffer.concat([found.bytes, lineFeed]))
    }
  } finally {
    await out.close()
  }
  const made: Manifest = {
    version: 1,
    time: new Date().toISOString(),
    format: o.format,
    query: JSON.parse(JSON.stringify(o.query)),
    rows,
    sha256: digest.digest('hex'),
    generations: [...generations],
    checkpoint: note,
  }
  const beside = await newFile(`${o.out}.manifest`)
  await beside.writeFile(signNote(`${JSON.stringify(made, null, 2)}\n`, o.origin, o.key))
  await beside.close()
  return made
}

/** @throws EVIDENCE_INVALID when the manifest is forged, or the file is not the one that it speaks of */
export async function checkExport(file: string, note: string, verifier: Verifier): Promise<Manifest> {
  const text = openNote(note, verifier)
  const parsed = manifest.safeParse(JSON.parse(text.startsWith('{') ? text : 'null'))
  if (!parsed.success)
    throw new JetwayError('EVIDENCE_INVALID', { reason: 'This is no manifest of an export.' })
  openCheckpoint(parsed.data.checkpoint, verifier)
  const digest = createHash('sha256')
  for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer)
  if (digest.digest('hex') !== parsed.data.sha256)
    throw new JetwayError('EVIDENCE_INVALID', { reason: `${file} is not the file that was exported.` })
  return parsed.data
}

const lineFeed = Buffer.of(0x0a)

async function newFile(path: string): ReturnType<typeof open> {
  try {
    return await open(path, 'wx', 0o600)
  } catch (cause) {
    const reason = `${path} cannot be written (${(cause as NodeJS.ErrnoException).code}).`
    throw new JetwayError('USAGE', { reason }, { cause })
  }
}
