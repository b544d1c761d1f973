import { expect, test } from 'vitest'
import { policyConfig } from '#shared/config/policy-config.ts'
import type { Principal } from '../../../../relay/identity/principal.ts'
import { authorizeConnect } from '../../../../relay/policy/connect.ts'

const policy = policyConfig.parse({
  contact: 'Ask us.',
  grants: [{ group: 'admins', role: 'admin' }],
  connect: [
    { group: 'data-eng', services: ['warehouse', 'queue'] },
    { group: 'analysts', services: ['warehouse'] },
  ],
})

const person = (...groups: string[]): Principal => ({
  kind: 'person',
  issuer: 'https://id.example.com',
  subject: 'ana',
  name: 'ana@example.com',
  email: 'ana@example.com',
  groups,
  authTime: null,
  expires: 2_000_000_000,
})

test('a grant for the service allows, and every one that does is named', () => {
  expect(authorizeConnect(policy, person('data-eng', 'analysts'), 'warehouse')).toEqual({
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
  expect(authorizeConnect(policy, person(...groups), 'queue')).toMatchObject({
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
  expect(authorizeConnect(none, person('data-eng'), 'warehouse').effect).toBe('deny')
})
