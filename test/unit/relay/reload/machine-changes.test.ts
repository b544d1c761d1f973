import { expect, test } from 'vitest'
import { identityConfig } from '#shared/config/identity/identity.ts'
import { machineChanges } from '../../../../relay/reload/machine-changes.ts'

const oidc = { issuer: 'https://id.example.com', clientId: 'jetway', audience: 'jetway' }
const config = (part: object) => identityConfig.parse({ oidc, ...part })
const rules = [
  { name: 'main', claims: { repository: 'acme/dags', ref: 'refs/heads/main' }, groups: ['deploy'] },
  { name: 'any', claims: { repository: 'acme/dags' }, groups: ['read'] },
]
const github = (part: object = {}) =>
  config({ federation: [{ name: 'github', provider: 'github', audience: 'a', rules, ...part }] })

test('what stays, and what goes, widens nothing', () => {
  expect(machineChanges(github(), github())).toEqual([])
  expect(machineChanges(github(), config({}))).toEqual([])
  expect(machineChanges(config({ accessKeys: { groups: ['x'] } }), config({}))).toEqual([])
  expect(machineChanges(github(), github({ rules: rules.slice(1) }))).toEqual([])
})

test.each<[string, object, object, RegExp[]]>([
  [
    'an issuer',
    config({}),
    github(),
    [/github is new: https:\/\/token\.actions/, /main gives deploy/, /any gives read/],
  ],
  [
    'another issuer',
    github(),
    github({ issuer: 'https://ci.example.com' }),
    [/issuer decides who machines are/],
  ],
  ['another audience', github(), github({ audience: 'b' }), [/audience decides which tokens are taken/]],
  ['other keys', github(), github({ jwksUrl: 'https://x/y' }), [/jwksUrl decides/]],
  [
    'more algorithms',
    github(),
    github({ algorithms: ['RS256', 'ES512'] }),
    [/algorithms takes ES512 as well/],
  ],
  [
    'a wider rule',
    github(),
    github({ rules: [rules[0], { ...rules[1], claims: { repository: 'acme/*' } }] }),
    [/rules\.any gives read to machines with repository acme\/\*$/],
  ],
  [
    'more groups',
    github(),
    github({ rules: [{ ...rules[0], groups: ['admin'] }, rules[1]] }),
    [/main gives admin/],
  ],
  [
    'groups for a client',
    config({ oidc: { ...oidc, clients: { a: ['x'], b: ['y'] } } }),
    config({ oidc: { ...oidc, clients: { a: ['x', 'z'], c: ['w'] } } }),
    [/clients gives z to a$/, /clients gives w to c$/],
  ],
  ['access keys', config({}), config({ accessKeys: { groups: ['x'] } }), [/accessKeys is new: .* have x$/]],
  [
    'more of access keys',
    config({ accessKeys: { groups: ['x'], maxDays: 7 } }),
    config({ accessKeys: { groups: ['x', 'y'], maxDays: 8 } }),
    [/accessKeys lets keys have y as well/, /maxDays lets keys live for 8 days/],
  ],
  ['rules in another order', github(), github({ rules: [...rules].reverse() }), [/another order/]],
])('%s is said', (_what, before, next, says) => {
  expect(machineChanges(before as never, next as never)).toEqual(
    says.map((one) => expect.stringMatching(one)),
  )
})
