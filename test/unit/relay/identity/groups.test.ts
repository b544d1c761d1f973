import { afterAll, beforeAll, expect, test } from 'vitest'
import { oidcConfig } from '#shared/config/identity/oidc.ts'
import { createOidcAuthenticator } from '../../../../relay/identity/oidc.ts'
import { audience, startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'

let provider: TokenProvider
beforeAll(async () => {
  provider = await startTokenProvider()
})
afterAll(() => provider.close())

/** As the preset of a provider makes it, at an issuer on this machine. */
const at = (name: string | null, part: object = {}) => {
  const known = { issuer: provider.issuer, audience, clientId: 'jetway' }
  const { issuer } = known
  const fitting = {
    okta: `${issuer}/oauth2/default`,
    entra: 'https://login.microsoftonline.com/833ced3d-cb2e-41de-92f1-29e2af035ddc/v2.0',
    keycloak: `${issuer}/realms/main`,
  }[name ?? ''] as string | undefined
  const config = oidcConfig.parse({ ...known, issuer: fitting ?? issuer, provider: name, ...part })
  return createOidcAuthenticator({ ...config, issuer })
}
const many = (n: number) => Array.from({ length: n }, (_, i) => `group-${i}`)
const principalOf = async (name: string | null, claims: Record<string, unknown>, header?: object) =>
  (await at(name).authenticate(await provider.token(claims, { ...header }))).principal

test.each([
  [99, undefined],
  [100, 'cut'],
  [101, undefined],
])('of %i groups at Okta it is known that they are %s', async (n, missing) => {
  const { groups, groupsMissing } = await principalOf('okta', { groups: many(n), uid: '00u1' })
  expect(groupsMissing).toBe(missing)
  expect(groups).toHaveLength(missing ? 0 : n)
})

test('100 groups are whole where nobody cuts', async () => {
  expect(await principalOf(null, { groups: many(100) })).not.toHaveProperty('groupsMissing')
})

const overage = {
  groups: undefined,
  _claim_names: { groups: 'src1' },
  _claim_sources: { src1: { endpoint: 'https://graph.example/users/1/getMemberObjects' } },
}
test.each([
  ['200 groups', { groups: many(200) }, undefined, 200],
  ['201, which Entra leaves out', overage, 'too-many', 0],
  ['201, the implicit way', { groups: undefined, hasgroups: true }, 'too-many', 0],
  ['some, and the word that there are more', { groups: many(3), hasgroups: true }, 'too-many', 0],
  ['none, and another claim elsewhere', { groups: [], _claim_names: { address: 's' } }, undefined, 0],
  ['no claim', { groups: undefined }, 'absent', 0],
  ['an empty claim', { groups: [] }, undefined, 0],
])('at Entra, %s', async (_what, claims, missing, count) => {
  const { groups, groupsMissing } = await principalOf('entra', { ...claims, oid: 'o1' })
  expect(groupsMissing).toBe(missing)
  expect(groups).toHaveLength(count)
})

test.each([
  ['okta', { uid: '00u1', sub: 'ana@example.com' }, '00u1'],
  ['entra', { oid: 'cb7e', sub: 'pairwise' }, 'cb7e'],
  ['keycloak', { sub: 'f00' }, 'f00'],
])('%s names people by what stays', async (name, claims, subject) => {
  expect(await principalOf(name, claims)).toMatchObject({ subject, kind: 'person' })
})

test.each([
  ['okta', { uid: undefined }],
  ['entra', { oid: undefined }],
  ['entra', { oid: 7 }],
])('%s: nobody is named by something else instead: %o', async (name, claims) => {
  await expect(principalOf(name, claims)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

test.each([
  ['okta', { cid: '0oa1', sub: '0oa1', uid: undefined, scp: ['jobs'] }, '0oa1'],
  ['entra', { idtyp: 'app', sub: 'sp1', oid: 'sp1' }, 'sp1'],
])('%s: an application is a machine', async (name, claims, subject) => {
  expect(await principalOf(name, claims)).toMatchObject({ kind: 'machine', subject })
})

const plain = { typ: 'JWT' }
const untyped = { typ: undefined }
test.each([
  ['okta', untyped, { uid: 'u', scp: ['openid'] }],
  ['entra', plain, { oid: 'o', scp: 'access_as_user' }],
  ['entra', plain, { oid: 'o', idtyp: 'app' }],
  ['keycloak', plain, { typ: 'Bearer' }],
  ['keycloak', plain, { typ: 'DPoP' }],
])('%s: a token of type %o with %o is an access token', async (name, header, claims) => {
  expect(await principalOf(name, claims, header)).toMatchObject({ groups: ['data-eng'] })
})

test.each([
  ['okta', untyped, { uid: 'u' }],
  ['okta', plain, { uid: 'u', scp: ['openid'] }],
  ['okta', { typ: 'none' }, { uid: 'u', scp: ['openid'] }],
  ['entra', plain, { oid: 'o' }],
  ['entra', plain, { oid: 'o', roles: ['admin'], idtyp: 'user' }],
  ['entra', untyped, { oid: 'o', scp: 'x' }],
  ['keycloak', plain, { typ: 'ID' }],
  ['keycloak', plain, {}],
  ['keycloak', plain, { typ: 'Refresh' }],
  [null, untyped, {}],
])('%s: a token of type %o with %o is none', async (name, header, claims) => {
  await expect(principalOf(name, claims, header)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})
