import { expect, test } from 'vitest'
import { policyConfig } from '#shared/config/policy-config.ts'
import type { GroupsMissing, Principal } from '../../../../relay/identity/principal.ts'
import { agent, machine, person, policyOf, read, trigger } from '../../../support/policy.ts'

const config = policyConfig.parse({
  contact: 'Ask #data-platform.',
  grants: [{ group: 'data-eng', role: 'user' }],
  forbid: [{ group: 'contractors', verbs: ['run.*'], reason: 'Not for contractors.' }],
  cedarFiles: ['own.cedar'],
})
const own = {
  name: 'own.cedar',
  text: '@id("ana") permit (principal, action == Jetway::Action::"dag.read", resource) when { principal.name == "ana@example.com" };',
}
const policy = () => policyOf(config, [own])
const without = (groupsMissing: GroupsMissing, who: Principal = person()): Principal => ({
  ...who,
  groupsMissing,
})

test.each([
  ['absent', /your provider sent none/, /have it put your groups into its access tokens/],
  ['too-many', /left out because there are too many.*more than 200/, /only the groups that are assigned/],
  ['cut', /as many as it sends at most.*100.*may be cut off/, /only the groups that matter/],
] as const)('groups that are %s are said, and what can be done', (missing, reason, remedy) => {
  for (const who of [person(), machine(), agent()]) {
    const decision = policy().authorize(without(missing, who), trigger('etl'))
    expect(decision.effect).toBe('deny')
    const error = decision.effect === 'deny' ? decision.error : null
    expect(error?.code).toBe('GROUPS_UNKNOWN')
    expect(error?.message).toMatch(reason)
    expect(error?.action).toMatch(remedy)
    expect(error?.action).toMatch(/Ask #data-platform\./)
  }
})

test('where they may be cut off or are left out, nothing is allowed: there may be one that is forbidden it', () => {
  expect(policy().authorize(person(), read('etl')).effect).toBe('allow')
  expect(policy().authorize(without('absent'), read('etl')).effect).toBe('allow')
  expect(policy().authorize(without('cut'), read('etl')).effect).toBe('deny')
  expect(policy().authorize(without('too-many'), read('etl')).effect).toBe('deny')
  expect(policy().couldAllow(without('cut'), read('etl')).effect).toBe('deny')
})

test('someone in no group gets the ordinary denial', () => {
  const decision = policy().authorize(person(), trigger('etl'))
  expect(decision.effect === 'deny' && decision.error.code).toBe('FORBIDDEN')
})
