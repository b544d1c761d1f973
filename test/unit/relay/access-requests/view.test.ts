import { expect, test } from 'vitest'
import { policyConfig } from '#shared/config/policy-config.ts'
import { accessRequests } from '#shared/ipc/access-requests.ts'
import { accessRequestsFor } from '../../../../relay/access-requests/view.ts'
import { requestRulesOf } from '../../../../relay/policy/request-rules.ts'
import type { AccessRequest } from '../../../../relay/state/access-request.ts'
import { person } from '../../../support/policy.ts'

const rule = { group: 'data-eng', role: 'user', dags: ['finance_*'], approvers: ['leads'] }
const rulesOf = (...requests: object[]) =>
  requestRulesOf(policyConfig.parse({ contact: 'Ask us.', grants: [], requests }))
const rules = rulesOf(rule)
const id = 'request:data-eng:user:finance_*'
const ana = person('data-eng')
const lea = { ...person('leads'), subject: 'lea', name: 'lea@example.com', email: 'lea@example.com' }
const day = 86_400
const now = 10 * day

const waiting: AccessRequest = {
  id: '1',
  asker: ana,
  policy: id,
  digest: rules.get(id)?.digest ?? '',
  role: 'user',
  dags: ['finance_*'],
  tags: null,
  reason: 'x'.repeat(500),
  seconds: 60,
  askedAt: now,
  expires: now + day,
  decision: null,
  ended: null,
}
const decided = (approved: boolean) => ({ approved, by: lea, at: now, note: null })
const told = (who: typeof ana, requests: readonly AccessRequest[], at: number) =>
  accessRequestsFor(who, rules, requests, at)

test('what nobody has decided on is over after its time, and told for a day more', () => {
  const stateAt = (at: number) => told(ana, [waiting], at).mine[0]?.state
  expect(stateAt(now + day - 1)).toBe('waiting')
  expect(stateAt(now + day)).toBe('expired')
  expect(told(lea, [waiting], now + day).toDecide).toEqual([])
  expect(stateAt(now + 2 * day - 1)).toBe('expired')
  expect(stateAt(now + 2 * day)).toBeUndefined()
})

test('what was approved is over after its time', () => {
  const approved = { ...waiting, decision: decided(true) }
  expect(told(ana, [approved], now + 59).mine[0]).toMatchObject({
    state: 'approved',
    until: '1970-01-11T00:01:00.000Z',
  })
  expect(told(ana, [approved], now + 60).mine[0]).toMatchObject({ state: 'expired', until: null })
  expect(
    [told(lea, [approved], now + 59), told(lea, [approved], now + 60)].map((one) => one.toDecide.length),
  ).toEqual([1, 0])
})

test('one’s own are told newest first, those of others oldest first', () => {
  const requests = [waiting, { ...waiting, id: '2' }, { ...waiting, id: '3', decision: decided(false) }]
  expect(told(ana, requests, now).mine.map((one) => one.id)).toEqual(['3', '2', '1'])
  expect(told(lea, requests, now).toDecide.map((one) => one.id)).toEqual(['1', '2'])
})

test('there is room for so many, and how many more there are is said', () => {
  const many = Array.from({ length: 501 }, (_, i) => ({ ...waiting, id: String(i), reason: 'x' }))
  const all = told(lea, many.slice(0, 500), now)
  expect([all.toDecide.length, all.omitted]).toEqual([500, 0])
  const most = told(lea, many, now)
  expect([most.toDecide.length, most.omitted]).toEqual([500, 1])
  // Long ones have no room much sooner, and what is told still fits what a client takes.
  const long = told(lea, Array(500).fill(waiting), now)
  expect(long.toDecide.length + long.omitted).toBe(500)
  expect(long.omitted).toBeGreaterThan(0)
  expect(JSON.stringify(long).length).toBeLessThan(300_000)
  expect(accessRequests.parse(long)).toEqual(long)
})

test('no more is told of what may be asked for than there is room for', () => {
  const all = rulesOf(...Array.from({ length: 256 }, (_, i) => ({ ...rule, dags: [`d${i}`] })))
  const { requestable, omitted } = accessRequestsFor(ana, all, [], now)
  expect(requestable.length + omitted).toBe(256)
})
