import { resolve } from '#shared/airflow/resolve.ts'
import type { AuditRecord } from '../audit/record.ts'
import { unknownCircumstances } from './ask.ts'
import type { AccessQuestion, Deed } from './question.ts'

/** What was asked when a record was made; null for a record of a session. What no record says is not known. */
export function recordedQuestion(record: AuditRecord): AccessQuestion | null {
  const { principal, agent, source, time } = record
  const deed = deedOfRecord(record)
  if (!principal || !deed) return null
  return {
    who: { kind: agent ? 'agent' : principal.kind, name: principal.name, groups: principal.groups },
    deed,
    given: { ...unknownCircumstances(Date.parse(time)), from: source.address },
  }
}

function deedOfRecord({ kind, method, path, service, resource }: AuditRecord): Deed | null {
  if (kind !== 'request') return null
  if (method === null || path === null)
    return service === null ? null : { kind: 'act', what: { service }, also: [] }
  const resolved = resolve(method, path)
  if (!resolved) return { kind: 'unknown', method, path }
  // A body may have named more than the path does
  return { kind: 'act', what: { ...resolved, resource: resource ?? resolved.resource }, also: [] }
}
