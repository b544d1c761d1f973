import { readFile } from 'node:fs/promises'
import type { AuditRecord } from '../../relay/audit/record.ts'

export async function readAudit(path: string): Promise<AuditRecord[]> {
  // What follows the last line's end is still being written.
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as AuditRecord)
}
