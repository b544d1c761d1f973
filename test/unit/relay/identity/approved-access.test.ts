import { afterEach, beforeEach, expect, test } from 'vitest'
import { policyConfig } from '#shared/config/policy-config.ts'
import { accessRequestsFor } from '../../../../relay/access-requests/view.ts'
import { ApprovedAccess } from '../../../../relay/identity/approved-access.ts'
import type { Principal } from '../../../../relay/identity/principal.ts'
import { requestRulesOf } from '../../../../relay/policy/request-rules.ts'
import type { AccessRequest } from '../../../../relay/state/access-request.ts'
import { openSqliteState } from '../../../../relay/state/sqlite.ts'
import type { State } from '../../../../relay/state/state.ts'
import { agent, machine, person, policyOf, read, trigger } from '../../../support/policy.ts'
import { startWaysIn } from '../../../support/ways-in.ts'

const rule = { group: 'data-eng', role: 'user', dags: ['finance_*'], approvers: ['leads'] }
const config = policyConfig.parse({ contact: 'Ask us.', grants: [], requests: [rule] })
const rules = requestRulesOf(config)
const id = 'request:data-eng:user:finance_*'
const group = `approved:${id}`

let state: State
let approved: ApprovedAccess
beforeEach(async () => {
  state = openSqliteState(':memory:')
  approved = await ApprovedAccess.load(state, () => {})
})
afterEach(async () => {
  approved.close()
  await state.close()
})

const now = () => Math.floor(Date.now() / 1000)
const { issuer, subject, name, email } = person()
const lea = { issuer, subject: 'lea', name: 'lea@example.com', email: 'lea@example.com' }
const most = { waiting: 10, asked: 10, since: 0 }

/** Something that ana asked for, and that was approved. */
async function approve(more: Partial<AccessRequest> = {}): Promise<string> {
  const asked = {
    id: crypto.randomUUID(),
    asker: { issuer, subject, name, email },
    ...{ policy: id, digest: rules.get(id)?.digest ?? '', role: 'user', dags: ['finance_*'], tags: null },
    ...{ reason: 'x', seconds: 600, askedAt: now(), expires: now() + 60 },
    ...more,
  }
  await state.accessRequests.add(asked, most)
  await state.accessRequests.decide(asked.id, { approved: true, by: lea, at: now(), note: null })
  await approved.refresh()
  return asked.id
}

test('someone is in the group for as long as it was approved, and as the same object', async () => {
  const ana = person('data-eng')
  expect(approved.of(ana, rules)).toBe(ana)
  const request = await approve()
  const given = approved.of(ana, rules)
  expect(given.groups).toEqual(['data-eng', group])
  expect(approved.of(ana, rules)).toBe(given)
  expect(approved.of(given, rules)).toEqual(given)
  await state.accessRequests.end(request, { by: lea, at: now() })
  await approved.refresh()
  expect(approved.of(ana, rules)).toBe(ana)
})

test('nobody else is, nor who may not ask any more, nor whose groups are not known', async () => {
  await approve()
  const others: Principal[] = [
    { ...person('data-eng'), subject: 'bo' },
    { ...person('data-eng'), issuer: 'https://other.example.com' },
    person('sales'),
    { ...person('data-eng'), groupsMissing: 'cut' },
    machine('data-eng'),
  ]
  for (const other of others) expect(approved.of(other, rules)).toBe(other)
  expect(approved.of(person('data-eng'), new Map())).toEqual(person('data-eng'))
})

test('not one of another rule, nor one that is over', async () => {
  await approve({ digest: 'of-another' })
  await approve({ policy: 'request:other' })
  await approve({ seconds: 0 })
  const ana = person('data-eng')
  expect(approved.of(ana, rules)).toBe(ana)
})

test('of several for the same rule the one counts that holds the longest', async () => {
  const ids = [
    await approve({ seconds: 60 }),
    await approve({ seconds: 600 }),
    await approve({ seconds: 30 }),
  ]
  const ana = person('data-eng')
  expect(approved.held(ana, rules).get(id)?.id).toBe(ids[1])
  expect(approved.of(ana, rules).groups).toEqual(['data-eng', group])
})

test('what others write to the store is nothing new here', async () => {
  await approve()
  let told = 0
  approved.listen(() => {
    told += 1
  })
  await state.usedIds.use('jti', 'x', now() + 60, now())
  await approved.refresh()
  expect(told).toBe(0)
  await approve()
  expect(told).toBe(1)
})

test('an agent has what was approved for the person, and only reads with it', async () => {
  await approve()
  const policy = policyOf(config)
  const may = (principal: Principal, what: ReturnType<typeof read>) =>
    policy.authorize(approved.of(principal, rules), what).effect
  const [ana, helper] = [person('data-eng'), agent('data-eng')]
  expect([may(ana, trigger('finance_close')), may(ana, trigger('other'))]).toEqual(['allow', 'deny'])
  expect([may(helper, read('finance_close')), may(helper, trigger('finance_close'))]).toEqual([
    'allow',
    'deny',
  ])
})

test('an agent is told of no requests, neither of the person’s nor of others’', async () => {
  await approve()
  const nothing = { requestable: [], mine: [], toDecide: [], omitted: 0 }
  const told = (principal: Principal) => accessRequestsFor(principal, rules, approved.requests, now())
  expect(told(agent('data-eng', 'leads'))).toEqual(nothing)
  expect(told(machine('data-eng', 'leads'))).toEqual(nothing)
  expect(told(person('data-eng')).mine).toHaveLength(1)
})

test('a store that cannot be read gives nothing, until it can', async () => {
  await approve()
  const ana = person('data-eng')
  const broken = { ...state, accessRequests: { ...state.accessRequests } }
  const one = await ApprovedAccess.load(broken, () => {})
  expect(one.of(ana, rules).groups).toContain(group)
  broken.accessRequests.list = () => Promise.reject(new Error('gone'))
  await expect(one.refresh()).rejects.toThrow('gone')
  expect(one.of(ana, rules)).toBe(ana)
  one.close()
})

test('a group of that name gives nothing, whichever way someone comes in by', async () => {
  const { ways, close } = await startWaysIn()
  const policy = policyOf(config)
  try {
    const someone = {
      kind: 'person',
      subject: 'mallory',
      email: 'mallory@example.com',
      groups: ['data-eng', group],
      authTime: now(),
      acr: 'mfa',
    } as const
    let tried = 0
    for (const [way, { takes, principalOf }] of Object.entries(ways)) {
      for (const kind of ['person', 'machine'] as const) {
        const one = { ...someone, kind }
        if (!takes(one)) continue
        const principal = await principalOf(one)
        expect(principal.groups, way).toContain(group)
        const given = approved.of(principal, rules)
        expect(given.groups, way).toEqual(['data-eng'])
        expect(policy.authorize(given, trigger('finance_close')).effect, way).toBe('deny')
        tried += 1
      }
    }
    expect(tried).toBeGreaterThan(5)
  } finally {
    await close()
  }
})
