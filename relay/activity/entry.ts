import type { JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import type { AuditRecord } from '../audit/record.ts'

/** No longer than the client takes them, and a line of the longest is not longer than it takes either. */
const maxTextChars = 512
const maxPathChars = 4096
const maxWordsChars = 2048

/**
 * What a person is told of a request of theirs that has ended: what its audit record says, in their own words where it was
 * refused.
 *
 * @param error as the caller was told; null where nothing was wrong
 */
export function entryOf(record: AuditRecord, error: JetwayError | null): ActivityEntry {
  const { resource, decision } = record
  return {
    id: record.id,
    time: record.time,
    service: record.service,
    verb: record.verb,
    dag: clipped(resource?.dag ?? null),
    run: clipped(resource?.run ?? null),
    task: clipped(resource?.task ?? null),
    method: record.method,
    path: clipped(record.path, maxPathChars),
    status: record.status,
    // What the relay answered by itself was not decided on; the record has no word for that.
    effect: decision?.effect === 'deny' && decision.code === null ? null : (decision?.effect ?? null),
    problem: error === null ? null : problemFor(error),
    agent: clipped(record.agent?.subject ?? null),
    durationMs: Math.max(0, record.durationMs),
  }
}

function problemFor(error: JetwayError): ActivityEntry['problem'] {
  const { code, title, detail, action } = problemOf(error)
  return { code, title, detail: detail.slice(0, maxWordsChars), action: action.slice(0, maxWordsChars) }
}

/** A copy: what is cut out of a text keeps all of it in memory, a query and what it holds as well. */
function clipped(text: string | null, maxChars = maxTextChars): string | null {
  if (text === null) return null
  return Buffer.from(text.length <= maxChars ? text : `${text.slice(0, maxChars - 1)}…`).toString()
}
