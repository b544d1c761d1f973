import { JetwayError } from '#shared/errors/jetway-error.ts'
import { LogFiles } from './log-files.ts'
import { LogLines } from './log-lines.ts'
import type { Entry } from './log-record.ts'
import { namePattern } from './name-pattern.ts'

/** Which records; all that is named has to hold. Names are patterns, see name-pattern.ts. */
export interface Query {
  /** E-mail address, name or subject. */
  readonly person?: string | undefined
  readonly dag?: string | undefined
  readonly run?: string | undefined
  readonly verb?: string | undefined
  readonly effect?: 'allow' | 'deny' | undefined
  /** ISO 8601: records that began then or later. */
  readonly since?: string | undefined
  /** ISO 8601: records that began before. */
  readonly until?: string | undefined
  readonly requestId?: string | undefined
}

/** A record that was found. */
export interface Found {
  readonly seq: number
  readonly record: Entry
  /** The line, without its line feed. */
  readonly bytes: Buffer
}

/** @throws USAGE for a time that is none */
export async function* search(file: string, query: Query): AsyncGenerator<Found, void, void> {
  const matches = matcher(query)
  const lines = new LogLines(new LogFiles(file))
  try {
    for (let line = await lines.next(); line !== null; line = await lines.next()) {
      const { link, bytes } = line
      const record = link && parsed(bytes)
      if (link && record && matches(record)) yield { seq: link.seq, record, bytes }
    }
  } finally {
    await lines.close()
  }
}

function matcher(query: Query): (record: Entry) => boolean {
  const { effect, requestId } = query
  const [since, until] = [timeOf(query.since), timeOf(query.until)]
  const pattern = (text: string | undefined) => (text === undefined ? null : namePattern(text))
  const [person, dag, run, verb] = [query.person, query.dag, query.run, query.verb].map(pattern)
  const some = (
    matches: ReturnType<typeof pattern> | undefined,
    names: ReadonlyArray<string | null | undefined>,
  ) => !matches || names.some((name) => typeof name === 'string' && matches(name))
  return (record) => {
    const time = Date.parse(record.time)
    if ((since !== null && time < since) || (until !== null && time >= until)) return false
    if (requestId !== undefined && record.id !== requestId) return false
    const { principal, resource, touched, decision } = record.kind === 'log' ? nobody : record
    // Records of older relays have no list.
    const all = touched ?? []
    if (!some(verb, [record.verb, ...all.map((one) => one.verb)])) return false
    return (
      (effect === undefined || decision?.effect === effect) &&
      some(person, [principal?.email, principal?.name, principal?.subject]) &&
      some(dag, [resource?.dag, ...all.map((one) => one.dag)]) &&
      some(run, [resource?.run, ...all.map((one) => one.run)])
    )
  }
}

const nobody = { principal: null, resource: null, touched: null, decision: null }

function timeOf(text: string | undefined): number | null {
  if (text === undefined) return null
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time))
    throw new JetwayError('USAGE', { reason: `${text} is no time such as 2026-01-31T12:00:00Z.` })
  return time
}

function parsed(bytes: Buffer): Entry | null {
  try {
    return JSON.parse(bytes.toString()) as Entry
  } catch {
    return null
  }
}
