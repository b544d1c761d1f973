import { expect, test } from 'vitest'
import { policyConfig } from '#shared/config/policy-config.ts'
import { person, policyOf } from '../../../support/policy.ts'

const policy = policyConfig.parse({
  contact: 'Ask us.',
  grants: [{ group: 'admins', role: 'admin' }],
  connect: [
    { group: 'data-eng', services: ['warehouse', 'queue'] },
    { group: 'analysts', services: ['warehouse'] },
  ],
})

test('a grant for the service allows, and every one that does is named', () => {
  expect(policyOf(policy).connect(person('data-eng', 'analysts'), 'warehouse')).toMatchObject({
    effect: 'allow',
    policies: ['data-eng:connect:warehouse,queue', 'analysts:connect:warehouse'],
    obligations: [],
  })
})

test.each([
  ['someone of no group', [], 'none here', []],
  ['an admin of Airflow', ['admins'], 'none here', []],
  ['a grant for another service', ['analysts'], 'one for warehouse', ['analysts:connect:warehouse']],
  ['a group with a name that begins alike', ['data-eng-2'], 'none here', []],
])('%s is denied, with what is missing and whom to ask', (_who, groups, has, policies) => {
  expect(policyOf(policy).connect(person(...groups), 'queue')).toMatchObject({
    effect: 'deny',
    policies,
    error: {
      code: 'FORBIDDEN',
      message: `tcp.connect on queue needs a grant to connect. You have ${has}.`,
      action: 'Ask us.',
    },
  })
})

test('without the list nobody connects', () => {
  const none = policyConfig.parse({ contact: 'Ask us.', grants: [] })
  expect(policyOf(none).connect(person('data-eng'), 'warehouse').effect).toBe('deny')
})
