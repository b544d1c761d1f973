import { JetwayError } from '#shared/errors/jetway-error.ts'
import { readRecords } from '../../audit/read-records.ts'
import type { AuditRecord } from '../../audit/record.ts'
import type { LoadedPolicy } from '../../config/load-policy.ts'

/** The log of the configuration, or the files that `--audit` names. @throws USAGE where there is neither */
export function auditFilesOf(loaded: LoadedPolicy, named: readonly string[] | undefined): readonly string[] {
  if (named) return named
  if (loaded.auditFile !== null) return [loaded.auditFile]
  throw new JetwayError('USAGE', { reason: 'The configuration names no audit log: name it with --audit.' })
}

/** @throws AUDIT_UNREADABLE */
export async function* readAll(files: readonly string[]): AsyncGenerator<AuditRecord, void, void> {
  for (const file of files) yield* readRecords(file)
}
