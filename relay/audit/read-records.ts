import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { AuditRecord } from './record.ts'

const lineFeed = 10
/** Longer than any record: what is longer is skipped, not kept in memory. */
const maxLineBytes = 4_194_304

/**
 * The records of a log one after the other, oldest file first: the segments that stand beside `path`, then `path`.
 * A line that is no record, or that a crash cut short, is left out. Holds one record at a time.
 *
 * @throws AUDIT_UNREADABLE
 */
export async function* readRecords(path: string): AsyncGenerator<AuditRecord, void, void> {
  try {
    for (const file of await filesOf(path)) {
      for await (const line of linesOf(file)) {
        const record = parseRecord(line)
        if (record) yield record
      }
    }
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown'
    throw new JetwayError('AUDIT_UNREADABLE', { file: path, reason }, { cause })
  }
}

/** A record, with whatever a later version adds to it; null where the line is none. */
export function parseRecord(line: Uint8Array): AuditRecord | null {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.length).toString('utf8'))
  } catch {
    return null
  }
  return isRecord(value) ? value : null
}

/** As far as those who read records for people's rights rely on it. */
function isRecord(value: unknown): value is AuditRecord {
  if (!isObject(value) || value.version !== 1) return false
  const { time, id, principal, verb, resource, decision, generation } = value
  return (
    (value.kind === 'request' || value.kind === 'session') &&
    typeof id === 'string' &&
    typeof generation === 'string' &&
    typeof time === 'string' &&
    !Number.isNaN(Date.parse(time)) &&
    isStringOrNull(verb) &&
    (principal === null || isPrincipal(principal)) &&
    (resource === null || (isObject(resource) && isStringOrNull(resource.dag))) &&
    (decision === null || isDecision(decision))
  )
}

function isPrincipal(value: unknown): boolean {
  if (!isObject(value) || !isStrings(value.groups)) return false
  return typeof value.name === 'string' && (value.kind === 'person' || value.kind === 'machine')
}

function isDecision(value: unknown): boolean {
  if (!isObject(value) || !isStrings(value.policies)) return false
  return (value.effect === 'allow' || value.effect === 'deny') && isStringOrNull(value.code)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isStringOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string'
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((member) => typeof member === 'string')
}

/** `audit.jsonl` and what a rotation put aside as `audit.0000000000001234.jsonl`, in order. */
async function filesOf(path: string): Promise<string[]> {
  const [folder, extension] = [dirname(path), extname(path)]
  const stem = basename(path, extension)
  const segments = (await readdir(folder)).filter(
    (name) =>
      name.startsWith(`${stem}.`) &&
      name.endsWith(extension) &&
      /^\.\d{16}$/.test(name.slice(stem.length, name.length - extension.length)),
  )
  return [...segments.sort().map((name) => join(folder, name)), path]
}

async function* linesOf(path: string): AsyncGenerator<Uint8Array, void, void> {
  let rest: Buffer[] = []
  let restBytes = 0
  const take = (piece: Buffer) => {
    restBytes += piece.length
    if (restBytes <= maxLineBytes) rest.push(piece)
    else rest = []
  }
  for await (const chunk of createReadStream(path, { highWaterMark: 1_048_576 }) as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      take(chunk.subarray(start, end))
      if (restBytes <= maxLineBytes) yield rest.length === 1 ? (rest[0] as Buffer) : Buffer.concat(rest)
      rest = []
      restBytes = 0
      start = end + 1
    }
    take(chunk.subarray(start))
  }
  if (restBytes > 0 && restBytes <= maxLineBytes) yield Buffer.concat(rest)
}
