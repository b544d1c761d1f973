import type { AuditRecord } from '../../relay/audit/record.ts'

/** A record of someone who read a DAG, but for what is said otherwise. */
export function auditRecord(more: Partial<AuditRecord> = {}): AuditRecord {
  return {
    version: 1,
    kind: 'request',
    time: '2026-06-01T08:00:00.000Z',
    id: 'f3b0',
    principal: {
      kind: 'person',
      issuer: 'https://id.example.com',
      subject: 'ana',
      name: 'ana@example.com',
      email: 'ana@example.com',
      groups: ['data-eng'],
    },
    agent: null,
    source: { address: '10.1.2.3', via: 'tunnel', session: 's', userAgent: null },
    service: 'airflow',
    method: 'GET',
    path: '/api/v2/dags/etl_orders',
    operation: 'get_dag',
    verb: 'dag.read',
    resource: { dag: 'etl_orders', run: null, task: null, name: null },
    touched: null,
    confDigest: null,
    decision: { effect: 'allow', policies: ['data-eng:user:*'], obligations: [], code: null },
    approval: null,
    generation: '0123456789abcdef',
    status: 200,
    error: null,
    bytes: { received: 0, sent: 100 },
    durationMs: 5,
    ...more,
  }
}
