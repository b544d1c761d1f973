import type { ErrorCode } from '#shared/errors/table.ts'
import type { Principal } from '../identity/principal.ts'
import type { ConnectDecision } from '../policy/decision.ts'
import type { TunnelSession } from '../tunnel-session.ts'
import type { AuditRecord } from './record.ts'
import { whoOf } from './who.ts'

/** The record of a connection to a tcp service: `intent` before it is made, `request` when it has ended or was refused. */
export function connectRecord(o: {
  kind: 'intent' | 'request'
  id: string
  /** Milliseconds since the epoch. */
  startedAt: number
  principal: Principal
  session: TunnelSession
  service: string
  decision: ConnectDecision
  /** Why it did not end in order. */
  error: ErrorCode | null
  bytes: AuditRecord['bytes']
  generation: string
}): AuditRecord {
  const { decision } = o
  return {
    version: 1,
    kind: o.kind,
    time: new Date(o.startedAt).toISOString(),
    id: o.id,
    principal: whoOf(o.principal),
    agent: o.principal.act ?? null,
    source: { address: o.session.address, via: 'tunnel', session: o.session.id, userAgent: null },
    service: o.service,
    method: null,
    path: null,
    operation: null,
    verb: 'tcp.connect',
    resource: null,
    touched: null,
    confDigest: null,
    decision: {
      effect: decision.effect,
      policies: decision.policies,
      obligations: decision.effect === 'allow' ? decision.obligations : [],
      code: decision.effect === 'deny' ? decision.error.code : null,
    },
    approval: null,
    generation: o.generation,
    status: null,
    error: o.error,
    bytes: o.bytes,
    durationMs: Date.now() - o.startedAt,
  }
}
