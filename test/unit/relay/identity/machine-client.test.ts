import type { JWTPayload } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { oidcConfig } from '#shared/config/identity/oidc.ts'
import { machineClientOf } from '../../../../relay/identity/machine-client.ts'
import { createOidcAuthenticator } from '../../../../relay/identity/oidc.ts'
import { audience, startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'

const uuid = '7c65a1d2-9a3c-4e0b-8d7a-7d4c0c1b5f11'
const entra = { tid: uuid, ver: '2.0', azp: 'app-id', oid: uuid, sub: uuid }

test.each<[string, JWTPayload]>([
  ['RFC 9068', { sub: 'ci', client_id: 'ci' }],
  ['Okta', { sub: 'ci', cid: 'ci', uid: undefined }],
  ['Auth0', { sub: 'ci@clients', azp: 'ci', gty: 'client-credentials' }],
  ['Entra ID, as it says', { ...entra, azp: 'ci', idtyp: 'app' }],
  ['Entra ID, without its client', { ...entra, azp: undefined, sub: 'ci', idtyp: 'app' }],
  ['Entra ID, without saying it', { ...entra, azp: 'ci' }],
  ['Entra ID, version 1', { ...entra, azp: undefined, appid: 'ci', ver: '1.0' }],
  ['Keycloak', { sub: uuid, azp: 'ci', client_id: 'ci', preferred_username: 'service-account-ci' }],
])('a client’s own token of %s', (_provider, claims) => {
  expect(machineClientOf(claims)).toBe('ci')
})

test('Keycloak writes user names small', () => {
  expect(
    machineClientOf({ sub: uuid, azp: 'CI', client_id: 'CI', preferred_username: 'service-account-ci' }),
  ).toBe('CI')
})

test.each<[string, JWTPayload]>([
  ['any provider', { sub: 'ana', client_id: 'ci' }],
  ['any provider, without a client', { sub: 'ana' }],
  ['any provider, with no client', { sub: '', client_id: '' }],
  ['any provider, with a client that is no text', { sub: 7, client_id: 7 } as unknown as JWTPayload],
  ['any provider, with a client that cannot be read', { sub: 'a\nb', client_id: 'a\nb' }],
  ['Okta', { sub: 'ana@example.com', cid: 'ci', uid: '00u' }],
  ['Auth0', { sub: 'auth0|5f', azp: 'ci', gty: 'password' }],
  ['Auth0, who is called like a client', { sub: 'ci@clients', azp: 'ci' }],
  ['Auth0, of another client', { sub: 'other@clients', azp: 'ci', gty: 'client-credentials' }],
  ['Entra ID', { ...entra, sub: 'pairwise', azp: 'ci', scp: 'access' }],
  ['Entra ID, as it says', { ...entra, azp: 'ci', idtyp: 'user' }],
  ['Entra ID, with scopes', { ...entra, azp: 'ci', scp: 'access' }],
  ['a provider that is not Entra ID', { ...entra, tid: undefined, azp: 'ci' }],
  ['Keycloak', { sub: uuid, azp: 'ci', preferred_username: 'ana' }],
  [
    'Keycloak, called like a service account',
    { sub: uuid, azp: 'ci', preferred_username: 'service-account-ci' },
  ],
  [
    'Keycloak, called like another client’s account',
    { sub: uuid, azp: 'jetway', client_id: 'jetway', preferred_username: 'service-account-ci' },
  ],
  [
    'Keycloak, by another client',
    { sub: uuid, azp: 'jetway', client_id: 'ci', preferred_username: 'service-account-ci' },
  ],
])('a person’s token of %s', (_provider, claims) => {
  expect(machineClientOf(claims)).toBeNull()
})

describe('a machine', () => {
  let provider: TokenProvider
  beforeAll(async () => {
    provider = await startTokenProvider()
  })
  afterAll(() => provider.close())
  const clients = { 'nightly-export': ['exports'] }
  const principalOf = async (claims: Record<string, unknown>) => {
    const config = oidcConfig.parse({ issuer: provider.issuer, audience, clientId: 'jetway', clients })
    const token = await provider.token({ groups: undefined, email: undefined, ...claims })
    return (await createOidcAuthenticator(config).authenticate(token)).principal
  }
  const keycloak = (client: string) => ({
    sub: uuid,
    azp: client,
    client_id: client,
    preferred_username: `service-account-${client}`,
  })

  test('has the name of its client, and the groups that are configured for it', async () => {
    expect(await principalOf(keycloak('nightly-export'))).toMatchObject({
      kind: 'machine',
      subject: uuid,
      name: 'nightly-export',
      email: null,
      groups: ['exports'],
    })
  })

  test('has the groups that the provider names, where it names some', async () => {
    expect(await principalOf({ ...keycloak('nightly-export'), groups: ['other'] })).toMatchObject({
      groups: ['other'],
    })
  })

  test('has no groups where nobody names some', async () => {
    for (const client of ['other', 'constructor', '__proto__'])
      expect(await principalOf(keycloak(client))).toMatchObject({ kind: 'machine', groups: [] })
  })

  test('is not called what people are called', async () => {
    expect(await principalOf({ ...keycloak('nightly-export'), email: 'ana@example.com' })).toMatchObject({
      name: 'nightly-export',
      email: null,
    })
  })

  test('a person who came by such a client has none of its groups', async () => {
    expect(await principalOf({ azp: 'nightly-export', client_id: 'nightly-export' })).toMatchObject({
      kind: 'person',
      groups: [],
    })
  })
})
