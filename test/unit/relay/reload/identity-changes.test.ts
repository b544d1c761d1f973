import { expect, test } from 'vitest'
import { identityConfig } from '#shared/config/identity/identity.ts'
import type { LoadedConfig } from '../../../../relay/config/load.ts'
import { trustChanges } from '../../../../relay/reload/trust-changes.ts'

const oidc = { issuer: 'https://id.example.com', clientId: 'jetway', audience: 'relay' }
const saml = { entityId: 'https://idp.example.com', metadata: { url: 'https://idp.example.com/metadata' } }
/** The parts that are looked at. */
const configWith = (identity: object) =>
  ({
    identity: identityConfig.parse(identity),
    entrances: {},
    services: {},
    reload: {},
  }) as unknown as LoadedConfig

test.each<[string, object, object, RegExp]>([
  ['a SAML provider', { oidc }, { saml }, /^identity\.saml is new, and decides who people are$/],
  ['an OpenID provider', { saml }, { oidc }, /^identity\.oidc is new/],
  [
    'another provider',
    { saml },
    { saml: { ...saml, entityId: 'x' } },
    /^identity\.saml\.entityId .*: https:\/\/idp\.example\.com becomes x$/,
  ],
  [
    'other metadata',
    { saml },
    { saml: { ...saml, metadata: { file: 'x' } } },
    /^identity\.saml\.metadata .* becomes \{"file":"x"\}$/,
  ],
  [
    'other groups',
    { saml },
    { saml: { ...saml, groupsAttribute: 'roles' } },
    /^identity\.saml\.groupsAttribute/,
  ],
  ['more time', { saml }, { saml: { ...saml, sessionMinutes: 481 } }, /^identity\.saml\.sessionMinutes lets/],
  [
    'more tolerance',
    { saml },
    { saml: { ...saml, clockToleranceSeconds: 60 } },
    /^identity\.saml\.clockToleranceSeconds/,
  ],
  [
    'longer tokens',
    { saml },
    { saml, tokens: { lifetimeSeconds: 900 } },
    /^identity\.tokens\.lifetimeSeconds/,
  ],
  ['another audience', { oidc }, { oidc: { ...oidc, audience: 'x' } }, /^identity\.oidc\.audience/],
  [
    'another algorithm',
    { oidc: { ...oidc, algorithms: ['RS256'] } },
    { oidc: { ...oidc, algorithms: ['ES256'] } },
    /^identity\.oidc\.algorithms takes ES256 as well$/,
  ],
])('%s widens', (_what, before, next, said) => {
  expect(trustChanges(configWith(before), configWith(next))).toEqual([expect.stringMatching(said)])
})

test('less of it does not', () => {
  const less = { ...saml, sessionMinutes: 5, clockToleranceSeconds: 0, refreshMinutes: 5 }
  expect(
    trustChanges(configWith({ saml }), configWith({ saml: less, tokens: { lifetimeSeconds: 60 } })),
  ).toEqual([])
  expect(trustChanges(configWith({ saml }), configWith({ saml }))).toEqual([])
})
