import { resolve } from '#shared/airflow/resolve.ts'
import type { AuditRecord } from '../audit/record.ts'
import { httpOperation } from '../upstream/http-operation.ts'
import { unknownCircumstances } from './ask.ts'
import { type AccessQuestion, type Deed, serviceDeed } from './question.ts'

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

function deedOfRecord({ kind, method, path, service, resource, verb }: AuditRecord): Deed | null {
  if (kind !== 'request') return null
  if (method === null || path === null)
    return service === null ? null : { kind: 'act', what: { service, request: null }, also: [] }
  if (service !== null && verb?.startsWith('http.')) {
    // An upgrade was more than its method says.
    const isUpgrade = verb === 'http.write'
    return serviceDeed(service, httpOperation(method, path, isUpgrade), method, path)
  }
  const resolved = resolve(method, path)
  if (!resolved) return { kind: 'unknown', method, path }
  // A body may have named more than the path does
  return { kind: 'act', what: { ...resolved, resource: resource ?? resolved.resource }, also: [] }
}
