import { expect, test } from 'vitest'
import type { AccessRequest, AccessRequests } from '#shared/ipc/access-requests.ts'
import { durationText, secondsOf } from '../../../cli/duration.ts'
import { accessRequestsText, accessRequestText } from '../../../cli/request-text.ts'

const request: AccessRequest = {
  id: '1f0c9a2e-0000-4000-8000-000000000000',
  policy: 'request:data-eng:user:finance_*',
  role: 'user',
  dags: ['finance_*'],
  tags: ['nightly'],
  name: 'ana@example.com',
  email: null,
  reason: 'The close is stuck:\u001b[2J clear one task.',
  seconds: 5400,
  state: 'waiting',
  askedAt: '2026-11-25T10:30:00.000Z',
  until: '2026-11-26T10:30:00.000Z',
  decision: null,
  endedBy: null,
}
const told: AccessRequests = {
  requestable: [
    {
      policy: request.policy,
      role: 'user',
      verbs: ['run.trigger'],
      dags: ['finance_*'],
      tags: null,
      conditions: ['only from 08:00 to 18:00 UTC'],
      approvers: ['leads', 'owners'],
      longestSeconds: 14_400,
    },
  ],
  mine: [
    {
      ...request,
      id: '2f0c9a2e-0000-4000-8000-000000000000',
      state: 'denied',
      until: null,
      decision: { by: 'lea@example.com', at: '2026-11-25T10:31:00.000Z', note: 'Not today.' },
    },
  ],
  toDecide: [request],
  omitted: 2,
}

test('requests read as tables', () => {
  expect(accessRequestsText(told)).toBe(`To decide
  ID        STATE    WHO              ROLE  DAGS                      FOR         UNTIL
  1f0c9a2e  waiting  ana@example.com  user  finance_* tagged nightly  1 h 30 min  2026-11-26T10:30:00Z
            “The close is stuck:\ufffd[2J clear one task.”

Yours
  ID        STATE   WHO  ROLE  DAGS                      FOR         UNTIL
  2f0c9a2e  denied  you  user  finance_* tagged nightly  1 h 30 min  -
            “The close is stuck:\ufffd[2J clear one task.”
            decided by lea@example.com: “Not today.”

You may ask for
  ROLE  DAGS       AT MOST  DECIDED BY
  user  finance_*  4 h      leads, owners
            only from 08:00 to 18:00 UTC
            request:data-eng:user:finance_*

2 more are left out here.`)
})

test('nothing reads as nothing', () => {
  expect(accessRequestsText({ requestable: [], mine: [], toDecide: [], omitted: 0 })).toBe(
    `Nothing waits for your decision.

You have asked for nothing.

There is nothing here that you may ask for.`,
  )
})

test('one request says where it stands', () => {
  expect(accessRequestText(request)).toBe(
    'Request 1f0c9a2e (user on finance_* tagged nightly) waits for a decision, until 2026-11-26T10:30:00Z.',
  )
  expect(accessRequestText(told.mine[0] as AccessRequest)).toBe(
    'Request 2f0c9a2e (user on finance_* tagged nightly) is denied.\n  lea@example.com: Not today.',
  )
})

test.each([
  ['30m', 1800],
  ['1h', 3600],
  ['1h30m', 5400],
  ['2d', 172_800],
])('%s is a time', (text, seconds) => {
  expect(secondsOf(text)).toBe(seconds)
})

test.each(['', '0m', '1', 'h', '1.5h', '-1h', '1h 30m', '30s', '99999999m'])('%j is no time', (text) => {
  expect(() => secondsOf(text)).toThrow(/30m, 1h or 1d/)
})

test('a time reads as people say it', () => {
  expect([60, 5400, 86_400, 90_061].map(durationText)).toEqual([
    '1 min',
    '1 h 30 min',
    '1 d',
    '1 d 1 h 1 min 1 s',
  ])
})
