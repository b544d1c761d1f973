import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { LogFiles, readBoundedLines } from './log-files.ts'
import type { AuditRecord } from './record.ts'

/**
 * The records of a log one after the other, oldest file first: the segments that stand beside `path`, then `path`.
 * A line that is no record, is over 4 MiB, or that a crash cut short, is left out. Holds one record at a time.
 *
 * @throws AUDIT_UNREADABLE
 */
export async function* readRecords(path: string): AsyncGenerator<AuditRecord, void, void> {
  try {
    const closed = await new LogFiles(path).closed()
    for (const file of [...closed.map((segment) => segment.path), path]) {
      for await (const { bytes } of readBoundedLines(file)) {
        const record = bytes && parseRecord(bytes)
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
