import type { Entry } from '../audit/log-record.ts'
import { type Query, search } from '../audit/query.ts'
import { logGiven } from './audit-files.ts'

/** Prints the records that a query finds: a line each, or as they are in the log. */
export async function auditSearch(file: string, { json, ...query }: Query & { json?: true }): Promise<void> {
  for await (const { seq, record, bytes } of search(logGiven(file), query))
    process.stdout.write(json ? `${bytes}\n` : `${seq} ${inWords(record)}\n`)
}

function inWords(record: Entry): string {
  if (record.kind === 'log') return `${record.time} ${record.verb} ${JSON.stringify(record.detail)}`
  const { principal, resource, decision } = record
  const what = [resource?.dag, resource?.run, resource?.task, resource?.name].filter((name) => name != null)
  return [
    record.time,
    record.kind,
    principal?.name ?? '-',
    record.verb ?? `${record.method} ${record.path}`,
    what.join('/') || '-',
    decision?.effect ?? '-',
    record.status ?? '-',
    record.error ?? '-',
    record.id,
  ]
    .join(' ')
    .replaceAll(controls, '?')
}

/** What people are called and ask for is theirs to choose, and a terminal would obey it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const controls = /[\u0000-\u001f\u007f-\u009f]/g
