/** Requests for access to look at. */
import { verbWords } from '#shared/airflow/verb-words.ts'
import type { AccessRequests } from '#shared/ipc/access-requests.ts'
import { accessRequest, requestable } from '../support/access-requests.ts'
import type { MainState } from '../support/desktop-window.ts'

/** In `prod-eu`. */
export const withRequests = (requests: AccessRequests): MainState => ({
  accessRequests: { 'prod-eu': { kind: 'known', requests } },
})

const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString()

/** Long enough ago that no picture changes while it is taken. */
export const someRequests: AccessRequests = {
  requestable: [
    requestable(),
    requestable({
      policy: 'request:finance',
      role: 'finance-operator',
      dags: ['finance_*'],
      approvers: ['finance-leads', 'data-platform-on-call'],
      conditions: ['only from 08:00 to 18:00 Europe/Berlin'],
    }),
    requestable({
      policy: 'request:everyone:admin',
      role: 'admin',
      verbs: [...verbWords.keys()].filter((verb) => !verb.startsWith('http')),
      dags: ['*'],
      approvers: ['data-leads'],
      longestSeconds: 3600,
    }),
  ],
  toDecide: [
    accessRequest({ id: 'd1', askedAt: hours(-60), until: hours(84), seconds: 14_400 }),
    accessRequest({
      id: 'd2',
      name: 'Kim Okafor',
      email: 'kim@example.com',
      role: 'admin',
      dags: ['*'],
      reason:
        'The scheduler was moved, and the pools have to be made anew: the runs of the night wait for them.',
      seconds: 3600,
      askedAt: hours(-60),
      until: hours(84),
    }),
    accessRequest({
      id: 'd3',
      name: 'Sam Iyer',
      email: 'sam@example.com',
      reason: 'On call this week.',
      seconds: 604_800,
      state: 'approved',
      askedAt: hours(-80),
      until: hours(84),
      decision: { by: 'Ana Reyes', at: hours(-60), note: 'For the week.' },
    }),
  ],
  mine: [
    accessRequest({
      id: 'm1',
      policy: 'request:ml-team',
      name: 'Ana Reyes',
      role: 'user',
      dags: ['ml_*'],
      tags: ['features'],
      askedAt: hours(-60),
      until: hours(84),
    }),
    accessRequest({
      id: 'm2',
      name: 'Ana Reyes',
      state: 'approved',
      seconds: 604_800,
      until: hours(84),
      decision: { by: 'Bo Lin', at: hours(-60), note: null },
    }),
    accessRequest({
      id: 'm3',
      name: 'Ana Reyes',
      policy: 'request:everyone:admin',
      role: 'admin',
      dags: ['*'],
      seconds: 3600,
      state: 'denied',
      until: null,
      decision: { by: 'Kim Okafor', at: hours(-60), note: 'Ask for operator: that does it.' },
    }),
    accessRequest({ id: 'm4', name: 'Ana Reyes', state: 'ended', until: null, endedBy: 'Kim Okafor' }),
    accessRequest({ id: 'm5', name: 'Ana Reyes', state: 'expired', until: null }),
  ],
  omitted: 0,
}

const long = 'a-name-that-goes-on-and-on-as-names-in-large-companies-do'
/** More than fits, of everything. */
export const manyRequests: AccessRequests = {
  ...someRequests,
  mine: [],
  toDecide: Array.from({ length: 50 }, (_, i) =>
    accessRequest({
      id: `d${i}`,
      name: i % 3 === 0 ? `Wilhelmina ${long} ${i}` : `Person ${i}`,
      email: `${i % 3 === 0 ? long : 'person'}.${i}@subsidiary.of.a.large.company.example.com`,
      role: `${long}-operator`,
      dags: Array.from({ length: 1 + (i % 12) }, (_, n) => `team_${n}_with_a_long_prefix_*`),
      reason: i % 2 === 0 ? 'Because. '.repeat(55).trim() : 'x'.repeat(500),
      askedAt: hours(-60),
      until: hours(84),
    }),
  ),
  requestable: Array.from({ length: 30 }, (_, i) =>
    requestable({
      policy: `p${i}`,
      role: `${long}-${i}`,
      approvers: [long, `${long}-2`],
      dags: [`${long}_*`],
    }),
  ),
  omitted: 12,
}
