import { createHash } from 'node:crypto'

/**
 * `sha256:` and the hex digest of a conf in canonical form (RFC 8785), so that the same conf has the same digest
 * however it was written down.
 */
export function confDigest(conf: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(conf)).digest('hex')}`
}

/** RFC 8785: members sorted by UTF-16 code units, numbers and strings as ECMAScript writes them. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}
