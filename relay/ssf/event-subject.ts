import type { Revocation } from '../state/revocation.ts'

/** Whom an event is about, as a revocation names them. */
export type Named = Pick<Revocation, 'kind' | 'who' | 'issuer'>

const maxNameChars = 512
const maxAliases = 20

/**
 * Reads a subject identifier (RFC 9493; the complex subjects of the Shared Signals Framework 1.0 §3.2, and both as drafts
 * had them). All that come out mean the same one. A complex subject is narrowed down to its session, or else its user: what
 * more it says (a device, a tenant) cannot be told apart here, and is left out.
 *
 * @returns empty for a subject that means nothing here
 */
export function namedBy(subject: unknown): Named[] {
  if (!isObject(subject)) return []
  const format = subject.format ?? subject.subject_type
  switch (typeof format === 'string' ? format.replaceAll('-', '_') : undefined) {
    case 'iss_sub':
      return person(subject.sub, subject.iss)
    case 'email':
      return person(subject.email)
    case 'account':
      return person(typeof subject.uri === 'string' ? subject.uri.replace(/^acct:/, '') : null)
    case 'opaque':
      return person(subject.id)
    case 'aliases':
      return aliasesOf(subject.identifiers)
    case 'complex':
    case undefined: {
      const session = sessionOf(subject)
      return session.length > 0 ? session : namedBy(subject.user)
    }
    default:
      return []
  }
}

/** Aliases within aliases there are none (RFC 9493 §3.2.8). */
function aliasesOf(identifiers: unknown): Named[] {
  if (!Array.isArray(identifiers)) return []
  return identifiers
    .slice(0, maxAliases)
    .flatMap((one) => (isObject(one) && one.format !== 'aliases' ? namedBy(one) : []))
}

function sessionOf({ session, user }: Record<string, unknown>): Named[] {
  if (!isObject(session)) return []
  const who = session.id ?? session.sub
  const issuer = session.iss ?? (isObject(user) ? user.iss : undefined)
  return isName(who) ? [{ kind: 'session', who, issuer: isName(issuer) ? issuer : null }] : []
}

function person(who: unknown, issuer?: unknown): Named[] {
  return isName(who) ? [{ kind: 'person', who, issuer: isName(issuer) ? issuer : null }] : []
}

function isName(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length > 0 && value.length <= maxNameChars && !/\p{C}/u.test(value)
  )
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
