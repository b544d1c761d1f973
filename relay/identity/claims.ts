import type { JWTPayload } from 'jose'
import type { Principal } from './principal.ts'

const maxNameChars = 256
const maxGroups = 1000

/**
 * Who a verified token stands for. Whatever cannot be read for certain counts as absent, and absent groups give
 * no rights.
 *
 * @throws Error when the subject or the groups are not usable at all
 */
export function principalOf(payload: JWTPayload, groupsClaim: string, by: string): Principal {
  const { iss = '', sub = '', exp = 0 } = payload
  if (!isPrintable(sub)) throw new Error('the subject is not printable')
  const email = emailOf(payload.email)
  const preferred = payload.preferred_username
  const name = email ?? (typeof preferred === 'string' && isPrintable(preferred) ? preferred : sub)
  return Object.freeze({
    kind: isMachine(payload) ? 'machine' : 'person',
    issuer: iss,
    subject: sub,
    name,
    email,
    groups: Object.freeze(groupsOf(payload, groupsClaim)),
    authTime: typeof payload.auth_time === 'number' ? payload.auth_time : null,
    expires: Math.floor(exp),
    authentication: Object.freeze({
      by,
      tokenId: shortText(payload.jti),
      sessionId: shortText(payload.sid),
      acr: shortText(payload.acr),
    }),
  } as const)
}

/**
 * Groups come absent, as a list, or (one group, some providers) as a string. A provider that leaves groups out
 * because there are too many (Entra ID: `hasgroups`, `_claim_names`) gives none here.
 */
function groupsOf(payload: JWTPayload, claim: string): string[] {
  const value = payload[claim]
  if (value === undefined || value === null) return []
  const groups = typeof value === 'string' ? [value] : value
  if (!Array.isArray(groups) || groups.length > maxGroups) throw new Error('the groups claim is not a list')
  return groups.map((group: unknown) => {
    if (typeof group !== 'string' || !isPrintable(group)) throw new Error('a group is not printable')
    return group
  })
}

/** One `@`, printable ASCII, no spaces: anything else is read differently somewhere. */
function emailOf(value: unknown): string | null {
  return typeof value === 'string' && value.length <= maxNameChars && /^[!-?A-~]+@[!-?A-~]+$/.test(value)
    ? value
    : null
}

/** RFC 9068 §2.2: for a client acting for itself, the subject is the client. */
function isMachine(payload: JWTPayload): boolean {
  return payload.client_id !== undefined && payload.client_id === payload.sub
}

function shortText(value: unknown): string | null {
  return typeof value === 'string' && isPrintable(value) ? value : null
}

/** Fit for headers, logs and the pages of Airflow: no control characters, no white space at the ends. */
function isPrintable(value: string): boolean {
  return value.length > 0 && value.length <= maxNameChars && value.trim() === value && !/\p{C}/u.test(value)
}
