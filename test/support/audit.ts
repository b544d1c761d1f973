import { readFile } from 'node:fs/promises'
import type { AuditRecord } from '../../relay/audit/record.ts'

/** What the log says of sessions and reloads, and of requests and connections that have ended. */
export async function readAudit(path: string): Promise<AuditRecord[]> {
  // What follows the last line's end is still being written.
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1)
  return lines
    .map((line) => {
      const { seq, prev, ...record } = JSON.parse(line)
      return record as AuditRecord
    })
    .filter(({ kind }) => kind === 'request' || kind === 'session' || kind === 'reload' || kind === 'access')
}
