import type { Exchange } from '../http/exchange.ts'
import type { AuditRecord } from './record.ts'

/** Records of reads wait in memory while the log cannot be written. */
const maxOfRead = 100

type What = Pick<Exchange, 'resolved' | 'touched' | 'runId'>

/** What a request is about: the one resource that it touches, else what its path says. */
export function resourceOf({ resolved, touched, runId }: What): AuditRecord['resource'] {
  const [only = resolved] = touched
  const about = touched.length === 1 ? only : resolved
  if (!about) return null
  const { dag, run, task, name } = about.resource
  return { dag, run: run ?? runId, task, name }
}

/** All that it touches; null where the record's verb and resource say it. */
export function touchedOf({ resolved, touched }: What): AuditRecord['touched'] {
  const [first] = touched
  if (!first || (touched.length === 1 && first.operation.verb === resolved?.operation.verb)) return null
  const kept = resolved?.operation.changes ? touched : touched.slice(0, maxOfRead)
  return kept.map(({ operation, resource: { dag, run, task, name } }) => ({
    verb: operation.verb ?? '',
    dag,
    run,
    task,
    name,
  }))
}
