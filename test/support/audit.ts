import { readFile } from 'node:fs/promises'
import type { AuditRecord } from '../../relay/audit/record.ts'

export async function readAudit(path: string): Promise<AuditRecord[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as AuditRecord)
}
