import { createPrivateKey } from 'node:crypto'
import { makeAuditKey } from '../../relay/audit/audit-key.ts'
import type { AuditLogOptions } from '../../relay/audit/audit-log.ts'
import type { AuditRecord } from '../../relay/audit/record.ts'

export const origin = 'relay.test/audit'
const [pem, pub] = makeAuditKey(origin)

/** A key for tests, and its verifier key. */
export const key = createPrivateKey(pem?.content ?? '')
export const vkey = pub?.content.trim() ?? ''

/** A log that signs, rotates and beats of its own accord only where a test says so. */
export function logOptions(file: string, more: Partial<AuditLogOptions> = {}): AuditLogOptions {
  return {
    file,
    origin,
    key,
    checkpoints: { everyRecords: 1_000_000, everySeconds: 3600, heartbeatSeconds: 86_400 },
    segments: { maxBytes: 1_000_000_000, keepDays: null },
    redact: [],
    ...more,
  }
}

/** @param id says which */
export function record(id: string, more: Partial<AuditRecord> = {}): AuditRecord {
  return {
    version: 1,
    kind: 'request',
    time: '2026-01-02T03:04:05.678Z',
    id,
    principal: {
      kind: 'person',
      issuer: 'https://id.example.com',
      subject: 'ana@example.com',
      name: 'Ana',
      email: 'ana@example.com',
      groups: ['data-eng'],
    },
    agent: null,
    source: { address: '127.0.0.1', via: 'tunnel', session: 's', userAgent: 'curl/8' },
    service: 'airflow',
    method: 'POST',
    path: '/api/v2/dags/etl_orders/dagRuns',
    operation: 'trigger_dag_run',
    verb: 'run.trigger',
    resource: { dag: 'etl_orders', run: 'manual__1', task: null, name: null },
    touched: null,
    confDigest: null,
    decision: { effect: 'allow', policies: ['data-eng:user:etl_*'], obligations: [], code: null },
    approval: null,
    generation: '0123456789abcdef',
    status: 200,
    error: null,
    bytes: { received: 2, sent: 100 },
    durationMs: 12,
    ...more,
  }
}
