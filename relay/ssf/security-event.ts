import type { JWTPayload } from 'jose'
import { isObject, type Named, namedBy } from './event-subject.ts'
import { SetError } from './set-error.ts'

/** One event of a Security Event Token (RFC 8417). */
export interface SecurityEvent {
  /** Its URI. */
  readonly type: string
  readonly subject: readonly Named[]
  /** When it happened, in seconds since the epoch. */
  readonly at: number
  readonly does: 'revoke' | 'end' | 'restore' | 'nothing'
  readonly payload: Readonly<Record<string, unknown>>
}

export interface SecurityEvents {
  /** The token's `jti`. */
  readonly id: string
  readonly issuedAt: number
  readonly events: readonly SecurityEvent[]
}

const maxEvents = 10
const maxIdChars = 256
/** A transmitter that could not deliver tries again for days. */
export const maxAgeSeconds = 7 * 86_400
const clockToleranceSeconds = 60

const caep = 'https://schemas.openid.net/secevent/caep/event-type/'
const risc = 'https://schemas.openid.net/secevent/risc/event-type/'
const ssf = 'https://schemas.openid.net/secevent/ssf/event-type/'
export const streamUpdated = `${ssf}stream-updated`

/** What each event is followed by here; all others by nothing. */
const consequences: Readonly<
  Record<string, (payload: Readonly<Record<string, unknown>>) => SecurityEvent['does']>
> = {
  [`${caep}session-revoked`]: () => 'end',
  // A credential more says nothing about those that signed in.
  [`${caep}credential-change`]: ({ change_type }) => (change_type === 'create' ? 'nothing' : 'end'),
  [`${risc}sessions-revoked`]: () => 'end',
  [`${risc}credential-compromise`]: () => 'end',
  [`${risc}account-disabled`]: () => 'revoke',
  [`${risc}account-purged`]: () => 'revoke',
  [`${risc}account-enabled`]: () => 'restore',
}

/**
 * Reads the claims of a Security Event Token whose signature, issuer and audience are right.
 *
 * @param now seconds since the epoch
 * @throws SetError for what is none, for one from the future and one that is too old
 */
export function securityEventsOf(claims: JWTPayload, now: number): SecurityEvents {
  const { jti, iat, events } = claims
  if (typeof jti !== 'string' || jti === '' || jti.length > maxIdChars) throw invalid('It has no jti.')
  if (typeof iat !== 'number' || iat > now + clockToleranceSeconds)
    throw invalid('Its iat is not in the past.')
  if (iat < now - maxAgeSeconds) throw invalid('It is too old.')
  // Shared Signals Framework 1.0 §4.1: what could be taken for an access or ID token has one of these.
  if (claims.sub !== undefined || claims.exp !== undefined)
    throw invalid('sub and exp do not belong into an event.')
  if (!isObject(events)) throw invalid('It has no events.')
  const all = Object.entries(events)
  if (all.length === 0 || all.length > maxEvents) throw invalid('It has no events, or too many.')
  return {
    id: jti,
    issuedAt: Math.floor(iat),
    events: all.map(([type, payload]) => {
      if (!isObject(payload)) throw invalid('An event is no object.')
      return {
        type,
        subject: namedBy(claims.sub_id ?? payload.subject),
        at: happenedAt(payload.event_timestamp, Math.floor(iat)),
        does: Object.hasOwn(consequences, type) ? (consequences[type]?.(payload) ?? 'nothing') : 'nothing',
        payload,
      }
    }),
  }
}

/** What is not before the token itself, as milliseconds that an early draft had would be, is not believed. */
function happenedAt(timestamp: unknown, issuedAt: number): number {
  return typeof timestamp === 'number' && timestamp > 0 && timestamp <= issuedAt
    ? Math.floor(timestamp)
    : issuedAt
}

function invalid(description: string): SetError {
  return new SetError('invalid_request', description)
}
