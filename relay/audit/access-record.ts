import type { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Principal } from '../identity/principal.ts'
import { type AuditRecord, decidedByRelay, ofNoService } from './record.ts'
import { whoOf } from './who.ts'

/**
 * - `access.revoke`: someone was shut out; `access.end`: what they signed in to was ended; `access.restore`: either was
 *   taken back
 * - `access.request`: someone asked for access; `access.approve`, `access.deny`: that was decided; `access.withdraw`: it was
 *   ended before its time
 * - `keys.rotate`: the keys that the relay signs with are others
 * - `event.receive`: a security event of a provider's came (RFC 8417), or was refused
 */
type AccessVerb =
  | 'access.revoke'
  | 'access.end'
  | 'access.restore'
  | 'access.request'
  | 'access.approve'
  | 'access.deny'
  | 'access.withdraw'
  | 'keys.rotate'
  | 'event.receive'

/** A line for what changes who may come in: it has one member more than the others. */
export interface AccessRecord extends AuditRecord {
  readonly kind: 'access' | 'intent'
  readonly access: Readonly<Record<string, string | number | boolean | null>>
}

/** @param o.startedAt milliseconds since the epoch */
export function accessRecord(o: {
  /** `intent` for what is about to be done. */
  kind?: AccessRecord['kind']
  id: string
  verb: AccessVerb
  startedAt: number
  address: string
  via: 'tunnel' | 'direct' | 'command'
  /** The person who did it in a session of theirs; left out where the relay knows nobody. */
  by?: { readonly principal: Principal; readonly session: string }
  generation: string
  /** What was done, to whom, by whom. */
  access: AccessRecord['access']
  /** Why, in the words of whoever did it. */
  reason?: string
  /** Why it was refused; null where it was done. */
  error: JetwayError | null
}): AccessRecord {
  const { error, reason } = o
  return {
    version: 1,
    kind: o.kind ?? 'access',
    time: new Date(o.startedAt).toISOString(),
    id: o.id,
    principal: whoOf(o.by?.principal ?? null),
    agent: o.by?.principal.act ?? null,
    source: { address: o.address, via: o.via, session: o.by?.session ?? null, userAgent: null },
    ...ofNoService(o.verb),
    decision: decidedByRelay(error),
    approval: null,
    generation: o.generation,
    status: null,
    error: error?.code ?? null,
    bytes: { received: 0, sent: 0 },
    durationMs: Date.now() - o.startedAt,
    ...(reason === undefined ? {} : { reason }),
    access: o.access,
  }
}
