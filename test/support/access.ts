import type { Access } from '#shared/ipc/access.ts'

type Grant = Access['services'][number]['grants'][number]

/** A grant as a test wants it; the rest is that of a viewer of everything. */
export function accessGrant(part: Partial<Grant> = {}): Grant {
  return {
    policy: 'everyone:viewer:*',
    role: 'viewer',
    group: 'everyone',
    verbs: ['dag.read', 'log.read', 'pool.read', 'run.read', 'task.read'],
    dags: ['*'],
    tags: null,
    conditions: [],
    until: null,
    ...part,
  }
}

export function accessForbid(part: Partial<Access['forbids'][number]> = {}): Access['forbids'][number] {
  return {
    policy: 'forbid:run.trigger:finance_*',
    verbs: ['run.trigger'],
    dags: ['finance_*'],
    tags: null,
    conditions: [],
    reason: 'The books are closed.',
    until: null,
    ...part,
  }
}
