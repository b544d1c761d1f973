import { afterAll, beforeAll, expect, test } from 'vitest'
import { discoverProvider } from '#client/auth/provider.ts'
import { signIn } from '#client/auth/sign-in.ts'
import { complaints, examined } from '../support/doctor.ts'
import { ownRealm } from '../support/keycloak/own-realm.ts'
import { clientId, machine } from '../support/keycloak/realm.ts'
import type { Realm } from '../support/keycloak/realms.ts'
import { signInAs } from '../support/sign-in-as.ts'
import { audience } from '../support/token-provider.ts'

let realm: Realm
beforeAll(async () => {
  realm = await ownRealm()
})
afterAll(() => realm?.remove())

const identity = (more: object = {}) => ({
  oidc: {
    provider: 'keycloak',
    issuer: realm.issuer,
    clientId,
    audience,
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    ...more,
  },
})
async function accessTokenOf(user: string): Promise<string> {
  const oidc = { issuer: realm.issuer, clientId, scopes: ['openid'], resource: null, redirectPorts: null }
  const provider = await discoverProvider(oidc, null)
  return (await signIn({ provider, oidc, ...signInAs(user) })).accessToken
}

test('Keycloak as docs/identity/keycloak.md sets it up has no complaint, with ana’s token', async () => {
  const found = await examined(identity(), { token: await accessTokenOf('ana') })
  expect(complaints(found)).toEqual([])
  const ok = found.filter(({ level }) => level === 'ok').map(({ check }) => check)
  expect(ok).toEqual(
    expect.arrayContaining(['issuer', 'keys', 'pkce', 'dpop', 'device', 'logout', 'revocation']),
  )
})

test('someone in no group has no claim, which is said', async () => {
  const found = await examined(identity(), { token: await accessTokenOf('mallory') })
  expect(complaints(found)).toEqual(['fault groups'])
  expect(found.find(({ check, level }) => check === 'groups' && level === 'fault')?.remedy).toContain(
    'Group Membership',
  )
})

test('its typ JWT is refused without its preset, and told', async () => {
  const found = await examined(identity({ provider: null }), { token: await accessTokenOf('ana') })
  expect(complaints(found)).toEqual(['fault type', 'fault verdict'])
})

test('an audience that its client has no mapper for is told', async () => {
  const found = await examined(identity({ audience: 'urn:other' }), { token: await accessTokenOf('ana') })
  expect(complaints(found)).toEqual(['fault audience', 'fault verdict'])
})

test('a machine’s token is all right as well', async () => {
  const { access_token } = await realm.tokens({
    grant_type: 'client_credentials',
    client_id: machine.clientId,
    client_secret: machine.secret,
  })
  const found = await examined(identity(), { token: access_token })
  expect(complaints(found)).toEqual([])
})

test('an issuer with a slash too many is told', async () => {
  const found = await examined(identity({ provider: null, issuer: `${realm.issuer}/` }))
  expect(complaints(found)).toContain('fault issuer')
})
