import type { Found } from './query.ts'
import type { AuditRecord } from './record.ts'

const columns: ReadonlyArray<readonly [string, (found: Found) => unknown]> = [
  ['seq', ({ seq }) => seq],
  ...(
    [
      ['time', (r) => r.time],
      ['kind', (r) => r.kind],
      ['id', (r) => r.id],
      ['person', (r) => r.principal?.name],
      ['email', (r) => r.principal?.email],
      ['subject', (r) => r.principal?.subject],
      ['issuer', (r) => r.principal?.issuer],
      ['groups', (r) => r.principal?.groups.join(' ')],
      ['agent', (r) => r.agent?.client],
      ['address', (r) => r.source?.address],
      ['via', (r) => r.source?.via],
      ['service', (r) => r.service],
      ['method', (r) => r.method],
      ['path', (r) => r.path],
      ['verb', (r) => r.verb],
      ['dag', (r) => r.resource?.dag],
      ['run', (r) => r.resource?.run],
      ['task', (r) => r.resource?.task],
      ['name', (r) => r.resource?.name],
      ['touched', (r) => r.touched && JSON.stringify(r.touched)],
      ['conf_digest', (r) => r.confDigest],
      ['effect', (r) => r.decision?.effect],
      ['policies', (r) => r.decision?.policies.join(' ')],
      ['denied', (r) => r.decision?.code],
      ['approval', (r) => r.approval],
      ['generation', (r) => r.generation],
      ['status', (r) => r.status],
      ['error', (r) => r.error],
      ['bytes_received', (r) => r.bytes?.received],
      ['bytes_sent', (r) => r.bytes?.sent],
      ['duration_ms', (r) => r.durationMs],
      ['reason', (r) => r.reason],
    ] satisfies [string, (record: Partial<AuditRecord>) => unknown][]
  ).map(([name, of]) => [name, ({ record }: Found) => of(record as Partial<AuditRecord>)] as const),
]

/** RFC 4180. */
export const csvHeader = row(columns.map(([name]) => name))

export function csvRow(found: Found): string {
  return row(columns.map(([, of]) => of(found)))
}

function row(cells: readonly unknown[]): string {
  return `${cells.map((cell) => quoted(String(cell ?? ''))).join(',')}\r\n`
}

/** What a spreadsheet would take for a formula gets an apostrophe, which it shows as text. */
function quoted(cell: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
