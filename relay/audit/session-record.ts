import type { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Principal } from '../identity/principal.ts'
import type { TunnelSession } from '../tunnel-session.ts'
import { type AuditRecord, ofNoService } from './record.ts'
import { whoOf } from './who.ts'

/** The record of someone who came, came back on another carrier, went, or was not let in. */
export function sessionRecord(o: {
  id: string
  verb: 'session.open' | 'session.resume' | 'session.close' | 'session.refuse'
  address: string
  userAgent: string | null
  generation: string
  principal: Principal | null
  session: TunnelSession | null
  error: JetwayError | null
}): AuditRecord {
  const { principal, session, error } = o
  const refused = o.verb === 'session.refuse'
  return {
    version: 1,
    kind: 'session',
    time: new Date().toISOString(),
    id: o.id,
    principal: whoOf(principal),
    agent: principal?.act ?? null,
    source: {
      address: o.address,
      via: 'tunnel',
      session: session?.id ?? null,
      userAgent: o.userAgent?.slice(0, 256) ?? null,
    },
    ...ofNoService(o.verb),
    decision: {
      effect: refused ? 'deny' : 'allow',
      policies: [],
      obligations: [],
      code: refused ? (error?.code ?? null) : null,
    },
    approval: null,
    generation: o.generation,
    status: refused ? (error?.entry.http ?? null) : null,
    error: error?.code ?? null,
    bytes: { received: 0, sent: 0 },
    durationMs: session ? Date.now() - session.startedAt : 0,
  }
}
