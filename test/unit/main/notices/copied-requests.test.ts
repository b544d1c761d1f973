import { expect, test } from 'vitest'
import type { Access } from '#shared/ipc/access.ts'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import { CopiedRequests } from '../../../../main/notices/copied-requests.ts'

type Grant = Access['services'][number]['grants'][number]

const grant = (part: Partial<Grant>): Grant => ({
  policy: 'p',
  role: 'operator',
  group: 'finance',
  verbs: ['run.trigger'],
  dags: ['finance_*'],
  tags: null,
  conditions: [],
  until: null,
  ...part,
})
const denied: ActivityEntry = {
  id: 'r1',
  time: '2026-01-01T00:00:00.000Z',
  service: 'airflow',
  verb: 'run.trigger',
  dag: 'finance_close',
  run: null,
  task: null,
  method: 'POST',
  path: '/api/v2/dags/finance_close/dagRuns',
  status: 403,
  effect: 'deny',
  problem: null,
  agent: null,
  durationMs: 1,
}

test('what was asked for is said once, when there is a grant for it that was not there before', async () => {
  const said: string[] = []
  let grants: Grant[] | null = [grant({ until: '2025-01-01T00:00:00Z' })]
  const requests = new CopiedRequests({
    access: async () => {
      if (grants === null) throw new Error('not connected')
      return {
        person: { kind: 'person', name: 'Ana', email: null, groups: [], groupsProblem: null },
        contact: '#data',
        services: [{ name: 'airflow', type: 'airflow', airflowRole: null, grants }],
        forbids: [],
        otherPolicies: 0,
        omitted: 0,
      }
    },
    say: ({ cause, body }) => said.push(cause, body),
  })
  await requests.copied('prod', denied)
  const had = grants
  for (const now of [
    had,
    [...had, grant({ dags: ['hello'] })],
    [...had, grant({ verbs: ['run.read'] })],
    null,
  ]) {
    grants = now
    await requests.look()
    expect(said).toEqual([])
  }
  grants = [...had, grant({ role: 'finance-operator' })]
  await requests.look()
  await requests.look()
  expect(said).toEqual([
    'granted prod run.trigger finance_close',
    'You have the role finance-operator now, which may do run.trigger on finance_close. Try it again.',
  ])
})
