import { expect, test } from 'vitest'
import type { Access } from '#shared/ipc/access.ts'
import type { ActivityEntry } from '#shared/ipc/activity.ts'
import { accessText } from '../../../cli/commands/access.ts'
import { activityText } from '../../../cli/commands/activity.ts'

const grant = {
  policy: 'data-eng:user:etl_*',
  role: 'user',
  group: 'data-eng',
  verbs: ['dag.read', 'run.trigger'],
  dags: ['etl_*', 'hourly'],
  tags: null,
  conditions: ['only from 08:00 to 18:00 Europe/Berlin'],
  until: '2027-01-01T00:00:00.000Z',
}
const told: Access = {
  person: { kind: 'person', name: 'ana@example.com', email: null, groups: ['data-eng'], groupsProblem: null },
  contact: 'Ask #data-platform.',
  services: [
    { name: 'airflow', type: 'airflow', airflowRole: 'user', grants: [grant] },
    { name: 'db', type: 'tcp', airflowRole: null, grants: [] },
  ],
  forbids: [
    {
      policy: 'forbid:*:run.trigger:finance_*',
      verbs: ['run.trigger'],
      dags: ['finance_*'],
      tags: null,
      conditions: ['unless signed in with mfa'],
      reason: 'Quarter end.',
      until: null,
    },
  ],
  otherPolicies: 1,
  omitted: 0,
}

test('access reads as a table', () => {
  expect(accessText(told)).toBe(`ana@example.com, in data-eng

airflow, in Airflow as user at most
  ROLE  GROUP     DAGS                                    TAGS  UNTIL
  user  data-eng  etl_*, hourly                           -     2027-01-01T00:00:00.000Z
                  only from 08:00 to 18:00 Europe/Berlin
  user: dag.read run.trigger

db
  nothing

Forbidden to you, whatever else there is
  Quarter end.
    run.trigger on finance_*
    unless signed in with mfa

1 more policy decides as well (Cedar).
Ask #data-platform.`)
})

const entry: ActivityEntry = {
  id: '00000000-0000-4000-8000-000000000000',
  time: '2026-11-25T10:30:00.000Z',
  service: 'airflow',
  verb: 'run.trigger',
  dag: 'etl_orders',
  run: 'manual',
  task: null,
  method: 'POST',
  path: '/api/v2/dags/etl_orders/dagRuns',
  status: 200,
  effect: 'allow',
  problem: null,
  agent: null,
  durationMs: 12.4,
}

test('activity reads as a line, and a denial says why', () => {
  expect(activityText(entry).slice(8)).toBe('  200     run.trigger         etl_orders · manual  12 ms')
  const problem = { code: 'FORBIDDEN', title: 'Not allowed', detail: 'It needs a role.', action: 'Ask us.' }
  const denied = { ...entry, status: 403, effect: 'deny', dag: '~', run: null, problem } as const
  expect(activityText(denied).slice(8)).toBe(
    '  denied  run.trigger         all DAGs  12 ms\n          Not allowed. It needs a role.\n          Ask us.',
  )
  const nothing = { ...entry, service: 'db', verb: 'tcp.connect', dag: null, run: null, path: null }
  expect(activityText({ ...nothing, status: null, agent: 'helper' }).slice(8)).toBe(
    '  -       tcp.connect         db  -  by helper  12 ms',
  )
})

test('nothing that others wrote steers the terminal', () => {
  const evil = '\u001b[2J\u009b1m\u202eevil\n\u2028'
  const lines = activityText({ ...entry, dag: evil, agent: evil, run: evil }).split('\n')
  expect(lines).toHaveLength(1)
  expect(lines[0]).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u)
  const grants = [{ ...grant, dags: [evil], conditions: [evil] }]
  const text = accessText({
    ...told,
    services: [{ name: 'airflow', type: 'airflow', airflowRole: 'user', grants }],
  })
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u)
})
