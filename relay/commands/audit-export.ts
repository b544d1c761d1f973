import { type ExportFormat, exportRecords } from '../audit/export.ts'
import type { Query } from '../audit/query.ts'
import { loadConfig } from '../config/load.ts'
import { logGiven } from './audit-files.ts'

/** Writes an export and its signed manifest, with the key of the configuration. */
export async function auditExport({
  config: path,
  format,
  out,
  ...query
}: Query & { config: string; format: ExportFormat; out: string }): Promise<void> {
  const { audit } = loadConfig(path)
  const { rows } = await exportRecords({
    log: logGiven(audit.file),
    key: audit.key,
    origin: audit.origin,
    query,
    format,
    out,
  })
  process.stdout.write(`Written: ${out}, ${rows} rows, and ${out}.manifest\n`)
}
