import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { AuditRecord } from './record.ts'

const lineFeed = 10
/** Longer than any record: what is longer is skipped, not kept in memory. */
const maxLineBytes = 4_194_304

/**
 * The records of a log one after the other, oldest file first: the segments that stand beside `path`, then `path`.
 * A line that is no record, or that a crash cut short, is left out. Holds one record at a time.
 *
 * @throws AUDIT_UNREADABLE
 */
export async function* readRecords(path: string): AsyncGenerator<AuditRecord, void, void> {
  try {
    for (const file of await filesOf(path)) {
      for await (const line of linesOf(file)) {
        const record = parseRecord(line)
        if (record) yield record
      }
    }
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown'
    throw new JetwayError('AUDIT_UNREADABLE', { file: path, reason }, { cause })
  }
}

const text = z.string()
const textOrNull = text.nullable()

/** As far as those who read records rely on them; what a later version adds stays. */
const recordForm = z.looseObject({
  version: z.literal(1),
  kind: z.enum(['request', 'session']),
  time: z.iso.datetime(),
  id: text,
  principal: z
    .looseObject({ kind: z.enum(['person', 'machine']), name: text, groups: z.array(text) })
    .nullable(),
  agent: z.looseObject({ subject: text }).nullable(),
  source: z.looseObject({ address: text }),
  service: textOrNull,
  method: textOrNull,
  path: textOrNull,
  verb: textOrNull,
  resource: z
    .looseObject({ dag: textOrNull, run: textOrNull, task: textOrNull, name: textOrNull })
    .nullable(),
  decision: z
    .looseObject({ effect: z.enum(['allow', 'deny']), policies: z.array(text), code: textOrNull })
    .nullable(),
  generation: text,
})

/** A record, with whatever a later version adds to it; null where the line is none. */
export function parseRecord(line: Uint8Array): AuditRecord | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.length).toString('utf8'))
    return recordForm.safeParse(value).success ? (value as AuditRecord) : null
  } catch {
    return null
  }
}

/** `audit.jsonl` and what a rotation put aside as `audit.0000000000001234.jsonl`, in order. */
async function filesOf(path: string): Promise<string[]> {
  const [folder, extension] = [dirname(path), extname(path)]
  const stem = basename(path, extension)
  const segments = (await readdir(folder)).filter(
    (name) =>
      name.startsWith(`${stem}.`) &&
      name.endsWith(extension) &&
      /^\.\d{16}$/.test(name.slice(stem.length, name.length - extension.length)),
  )
  return [...segments.sort().map((name) => join(folder, name)), path]
}

async function* linesOf(path: string): AsyncGenerator<Uint8Array, void, void> {
  let rest: Buffer[] = []
  let restBytes = 0
  const take = (piece: Buffer) => {
    restBytes += piece.length
    if (restBytes <= maxLineBytes) rest.push(piece)
    else rest = []
  }
  for await (const chunk of createReadStream(path, { highWaterMark: 1_048_576 }) as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      take(chunk.subarray(start, end))
      if (restBytes <= maxLineBytes) yield rest.length === 1 ? (rest[0] as Buffer) : Buffer.concat(rest)
      rest = []
      restBytes = 0
      start = end + 1
    }
    take(chunk.subarray(start))
  }
  if (restBytes > 0 && restBytes <= maxLineBytes) yield Buffer.concat(rest)
}
