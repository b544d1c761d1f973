import type { JetwayError } from '#shared/errors/jetway-error.ts'
import { type AuditRecord, decidedByRelay, ofNoService } from './record.ts'

/** Who asked for a reload. */
export interface Asker {
  readonly via: 'signal' | 'command'
  /** The name under which the command was run, as it says itself; null for a signal, which has no name. */
  readonly user: string | null
}

/** What a reload did, or would have done. */
export interface Swap {
  /** Hash of the configuration before. */
  readonly before: string
  /** Hash of the new one; null when it could not be read. */
  readonly after: string | null
  readonly allowWidening: boolean
  /** What people can do that they could not, and the other way round; a sentence each. */
  readonly widens: readonly string[]
  readonly narrows: readonly string[]
  /** What did not work at the self-test, and did not before. */
  readonly warnings: readonly string[]
}

/** A line for a reload: it has one member more than the others. */
export interface ReloadRecord extends AuditRecord {
  readonly kind: 'reload' | 'intent'
  readonly reload: Swap & { readonly user: string | null }
}

/** The record of a swap, or of one that was refused; or that it is about to be, where access is widened. */
export function reloadRecord(o: {
  kind: ReloadRecord['kind']
  id: string
  startedAt: number
  by: Asker
  swap: Swap
  /** Why it was refused; null where the generations were swapped. */
  error: JetwayError | null
}): ReloadRecord {
  const { by, swap, error } = o
  return {
    version: 1,
    kind: o.kind,
    time: new Date(o.startedAt).toISOString(),
    id: o.id,
    principal: null,
    agent: null,
    source: { address: '', via: by.via, session: null, userAgent: null },
    ...ofNoService('relay.reload'),
    decision: decidedByRelay(error),
    approval: null,
    generation: error === null && swap.after !== null ? swap.after : swap.before,
    status: null,
    error: error?.code ?? null,
    bytes: { received: 0, sent: 0 },
    durationMs: Date.now() - o.startedAt,
    reload: { ...swap, user: by.user },
  }
}
