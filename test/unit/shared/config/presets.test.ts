import { describe, expect, test } from 'vitest'
import { oidcConfig } from '#shared/config/identity/oidc.ts'

const tenant = 'https://login.microsoftonline.com/833ced3d-cb2e-41de-92f1-29e2af035ddc/v2.0'
const api = 'e18c04b1-4868-4b93-93d1-8d71f17ab99b'
const of = {
  okta: { issuer: 'https://example.okta.com/oauth2/default', audience: 'api://default', clientId: '0oa1' },
  entra: { issuer: tenant, audience: api, clientId: 'f0c2' },
  keycloak: { issuer: 'https://id.example.com/realms/main', audience: 'relay', clientId: 'jetway' },
  auth0: {
    issuer: 'https://example.eu.auth0.com/',
    audience: 'https://airflow.example.com',
    clientId: 'abc',
    groupsClaim: 'https://example.com/groups',
  },
  other: { issuer: 'https://id.example.com', audience: 'relay', clientId: 'jetway' },
} as const

/** What is wrong, as `key: reason`. */
function mistakesOf(config: object): string[] {
  const parsed = oidcConfig.safeParse(config)
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

test('a provider that is not known has the defaults of the standards', () => {
  expect(oidcConfig.parse(of.other)).toMatchObject({
    provider: null,
    redirectPorts: null,
    tokenTypes: ['at+jwt'],
    subjectClaim: 'sub',
    resourceParameter: 'resource',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
  })
})

test.each([
  ['okta', of.okta.issuer],
  ['okta', 'https://example.oktapreview.com/oauth2/aus1'],
  ['entra', tenant],
  ['auth0', of.auth0.issuer],
  [null, 'https://okta.com.evil.example/oauth2/default'],
  [null, of.keycloak.issuer],
] as const)('%s is known by %s', (provider, issuer) => {
  expect(oidcConfig.parse({ ...of.auth0, issuer }).provider).toBe(provider)
})

test('whoever says that it is none gets none', () => {
  expect(oidcConfig.parse({ ...of.okta, provider: null })).toMatchObject({
    provider: null,
    redirectPorts: null,
  })
})

test('a provider that is none is refused', () => {
  expect(mistakesOf({ ...of.other, provider: 'ping' })).toHaveLength(1)
})

test('what is given goes before a preset', () => {
  expect(
    oidcConfig.parse({ ...of.okta, redirectPorts: [9000], tokenTypes: ['at+jwt'], subjectClaim: 'sub' }),
  ).toMatchObject({ redirectPorts: [9000], tokenTypes: ['at+jwt'], subjectClaim: 'sub' })
})

describe('Okta', () => {
  test('has fixed loopback ports, tokens without a type, and people by uid', () => {
    const { redirectPorts, tokenTypes, subjectClaim } = oidcConfig.parse(of.okta)
    expect(redirectPorts?.length).toBeGreaterThanOrEqual(3)
    expect(tokenTypes).toEqual(['at+jwt', 'none'])
    expect(subjectClaim).toBe('uid')
  })

  test.each(['https://example.okta.com', 'https://example.okta.com/', 'https://example.okta.com/oauth2'])(
    'the org server %s is refused with the reason',
    (issuer) => {
      expect(mistakesOf({ ...of.okta, issuer })).toEqual([
        expect.stringMatching(/^issuer: .*custom authorization server.*neither groups/),
      ])
    },
  )

  test('a domain of one’s own is held to the same', () => {
    const issuer = 'https://login.example.com'
    expect(mistakesOf({ ...of.okta, provider: 'okta', issuer })).toHaveLength(1)
    expect(mistakesOf({ ...of.okta, provider: 'okta', issuer: `${issuer}/oauth2/aus1` })).toEqual([])
  })

  test('any port is refused', () => {
    expect(mistakesOf({ ...of.okta, redirectPorts: null })).toEqual([
      expect.stringMatching(/^redirectPorts: /),
    ])
  })
})

describe('Entra', () => {
  test('asks for a scope of the API, takes typ JWT, and names people by oid', () => {
    expect(oidcConfig.parse(of.entra)).toMatchObject({
      scopes: ['openid', 'profile', 'email', 'offline_access', `api://${api}/access_as_user`],
      tokenTypes: ['at+jwt', 'JWT'],
      subjectClaim: 'oid',
    })
  })

  test.each([
    'https://login.microsoftonline.com/common/v2.0',
    'https://login.microsoftonline.com/organizations/v2.0',
    'https://login.microsoftonline.com/consumers/v2.0',
    'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0',
    'https://login.microsoftonline.com/example.com/v2.0',
    'https://login.microsoftonline.com/833ced3d-cb2e-41de-92f1-29e2af035ddc',
    'https://sts.windows.net/833ced3d-cb2e-41de-92f1-29e2af035ddc/',
  ])('%s is refused', (issuer) => {
    expect(mistakesOf({ ...of.entra, issuer })).toEqual([expect.stringMatching(/^issuer: .*tenant/)])
  })

  test('scopes of which none is of the API are refused', () => {
    expect(mistakesOf({ ...of.entra, scopes: ['openid', 'profile'] })).toEqual([
      expect.stringMatching(/^scopes: .*Microsoft Graph/),
    ])
  })

  test('a resource is refused', () => {
    expect(mistakesOf({ ...of.entra, resource: 'urn:x' })).toEqual([expect.stringMatching(/^resource: /)])
  })

  test('one registration may be the client and the API: its access tokens say scp', () => {
    expect(mistakesOf({ ...of.entra, clientId: api })).toEqual([])
  })
})

test.each([{}, { provider: 'google' }])('Google is refused with the reason, %o', (part) => {
  expect(mistakesOf({ ...of.other, issuer: 'https://accounts.google.com', ...part })).toEqual([
    expect.stringMatching(/^issuer: .*no JWT.*docs\/identity\/google\.md/),
  ])
})

describe('Keycloak', () => {
  test('has tokens of typ JWT', () => {
    expect(oidcConfig.parse({ ...of.keycloak, provider: 'keycloak' }).tokenTypes).toEqual(['at+jwt', 'JWT'])
  })

  test('an issuer that is no realm is refused', () => {
    expect(mistakesOf({ ...of.keycloak, provider: 'keycloak', issuer: 'https://id.example.com' })).toEqual([
      expect.stringMatching(/^issuer: .*realms/),
    ])
  })
})

describe('Auth0', () => {
  test('asks by audience', () => {
    expect(oidcConfig.parse(of.auth0)).toMatchObject({
      resource: of.auth0.audience,
      resourceParameter: 'audience',
      tokenTypes: ['at+jwt', 'JWT'],
    })
  })

  test.each([
    ['issuer', { issuer: 'https://example.eu.auth0.com' }],
    ['groupsClaim', { groupsClaim: undefined }],
    ['groupsClaim', { groupsClaim: 'groups' }],
    ['resource', { resource: null }],
  ])('%s of %o is refused', (key, part) => {
    expect(mistakesOf({ ...of.auth0, ...part })).toEqual([expect.stringMatching(new RegExp(`^${key}: `))])
  })
})

test.each([
  ['tokenTypes', { tokenTypes: ['none'] }],
  ['audience', { tokenTypes: ['JWT'], audience: 'jetway' }],
])('what would let ID tokens in is refused: %s of %o', (key, part) => {
  expect(mistakesOf({ ...of.other, ...part })).toEqual([expect.stringMatching(new RegExp(`^${key}: `))])
})

test.each([0, 60])('clocks may differ by %i seconds', (clockToleranceSeconds) => {
  expect(oidcConfig.parse({ ...of.other, clockToleranceSeconds })).toMatchObject({ clockToleranceSeconds })
})

test.each([-1, 61, 0.5])('and not by %d', (clockToleranceSeconds) => {
  expect(mistakesOf({ ...of.other, clockToleranceSeconds })).toHaveLength(1)
})
