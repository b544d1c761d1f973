import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Checkpoint } from './checkpoint.ts'
import type { AuditRecord } from './record.ts'

/** What the log says of itself. */
export interface LogRecord {
  readonly version: 1
  readonly kind: 'log'
  /** ISO 8601, UTC, milliseconds. */
  readonly time: string
  readonly id: string
  /**
   * - `log.open`, `log.close`: a relay began to write, and ended in order
   * - `log.heartbeat`: it was there
   * - `detail.everySeconds` of `log.open` and `log.heartbeat` says when the next one is due
   * - `log.rotate`: a new segment begins
   * - `log.recover`: a line that a crash cut short was taken out; `detail` says how many bytes, their digest, and where
   *   they are
   * - `log.lose`: `detail.records` records found no room while the log could not be written
   * - `log.retire`: what was before `detail.first` is deleted, as the configuration says
   */
  readonly verb: `log.${'open' | 'close' | 'heartbeat' | 'rotate' | 'recover' | 'lose' | 'retire'}`
  /** The last checkpoint that was signed before; null for none. */
  readonly checkpoint: { readonly size: number; readonly root: string } | null
  readonly detail: Readonly<Record<string, string | number>>
}

/** What a line holds, besides its place in the chain. */
export type Entry = AuditRecord | LogRecord

export function logRecord(
  verb: LogRecord['verb'],
  checkpoint: Checkpoint | null,
  detail: LogRecord['detail'] = {},
): LogRecord {
  return {
    version: 1,
    kind: 'log',
    time: new Date().toISOString(),
    id: randomUUID(),
    verb,
    checkpoint: checkpoint && { size: checkpoint.size, root: checkpoint.root.toString('base64') },
    detail,
  }
}

const shape = z.object({
  verb: z.string(),
  time: z.string(),
  checkpoint: z.object({ size: z.number(), root: z.string() }).nullable(),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
})

/** What a line says of the log itself; null where it does not say it as this program would. */
export function parseLogRecord(line: Uint8Array): z.infer<typeof shape> | null {
  try {
    return shape.parse(JSON.parse(Buffer.from(line).toString()))
  } catch {
    return null
  }
}
