import { namePattern } from './name-pattern.ts'
import type { AuditRecord } from './record.ts'

const redacted = '[redacted]'

/**
 * Takes names out of records that match a pattern, whatever their case: segments of the path, and what the resource is
 * called. Bodies, queries and headers are in no record.
 *
 * @param patterns a name, with `*` before it, after it, or both for any characters
 */
export function redactor(patterns: readonly string[]): (record: AuditRecord) => AuditRecord {
  if (patterns.length === 0) return (record) => record
  const matchers = patterns.map(namePattern)
  const isSecret = (text: string) => matchers.some((matches) => matches(text))
  const name = (text: string | null) => (text !== null && isSecret(text) ? redacted : text)
  const segment = (text: string) => (isSecret(decoded(text)) ? redacted : text)
  return (record) => {
    const { path, resource, touched } = record
    const named = <T extends NonNullable<AuditRecord['resource']>>(one: T): T => ({
      ...one,
      dag: name(one.dag),
      run: name(one.run),
      task: name(one.task),
      name: name(one.name),
    })
    return {
      ...record,
      path: path === null ? null : path.split('/').map(segment).join('/'),
      resource: resource && named(resource),
      touched: touched?.map(named) ?? null,
    }
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
