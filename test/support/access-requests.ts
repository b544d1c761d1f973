import type { AccessRequest, AccessRequests, Requestable } from '#shared/ipc/access-requests.ts'

/** From a relay that has requests, and where there are none just now. */
export const noRequests: AccessRequests = { requestable: [], mine: [], toDecide: [], omitted: 0 }

/** A request as a test wants it; the rest is that of one that waits. */
export function accessRequest(part: Partial<AccessRequest> = {}): AccessRequest {
  return {
    id: 'r1',
    policy: 'request:data-eng:operator:sales_*',
    role: 'operator',
    dags: ['sales_*'],
    tags: null,
    name: 'Bo Lin',
    email: 'bo@example.com',
    reason: 'The backfill of the weekend stands still.',
    seconds: 14_400,
    state: 'waiting',
    askedAt: new Date(Date.now() - 12 * 60_000).toISOString(),
    until: new Date(Date.now() + 3 * 3_600_000).toISOString(),
    decision: null,
    endedBy: null,
    ...part,
  }
}

/** What may be asked for, as a test wants it. */
export function requestable(part: Partial<Requestable> = {}): Requestable {
  return {
    policy: 'request:data-eng:operator:sales_*',
    role: 'operator',
    verbs: ['dag.read', 'dag.write', 'run.clear', 'run.read', 'run.trigger', 'task.clear'],
    dags: ['sales_*'],
    tags: null,
    conditions: [],
    approvers: ['data-leads'],
    longestSeconds: 28_800,
    ...part,
  }
}
