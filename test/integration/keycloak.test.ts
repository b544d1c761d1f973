import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { discoverProvider } from '#client/auth/provider.ts'
import { signIn } from '#client/auth/sign-in.ts'
import { oidcConfig } from '#shared/config/identity/oidc.ts'
import type { Authenticator } from '../../relay/identity/authenticator.ts'
import { createOidcAuthenticator } from '../../relay/identity/oidc.ts'
import { ownRealm } from '../support/keycloak/own-realm.ts'
import { clientId, machine, samlClient } from '../support/keycloak/realm.ts'
import type { Realm } from '../support/keycloak/realms.ts'
import { signInAs } from '../support/sign-in-as.ts'
import { audience } from '../support/token-provider.ts'

let realm: Realm
let authenticator: Authenticator
beforeAll(async () => {
  realm = await ownRealm()
  const { issuer } = realm
  authenticator = createOidcAuthenticator(
    oidcConfig.parse({ issuer, clientId, audience, tokenTypes: ['JWT'] }),
  )
}, 300_000)
afterAll(() => realm?.remove())

/** Someone's access token, as the client gets it: with the authorization code. */
async function accessTokenOf(user: string): Promise<string> {
  const oidc = {
    issuer: realm.issuer,
    clientId,
    scopes: ['openid'],
    resource: null,
    redirectPorts: null,
  }
  const provider = await discoverProvider(oidc, null)
  return (await signIn({ provider, oidc, ...signInAs(user) })).accessToken
}

test('ana signs in with the code, and her groups arrive', async () => {
  const { principal, keyThumbprint } = await authenticator.authenticate(await accessTokenOf('ana'))
  expect(principal).toMatchObject({
    kind: 'person',
    issuer: realm.issuer,
    subject: await realm.userId('ana'),
    name: 'ana@example.com',
    email: 'ana@example.com',
    groups: ['data-eng'],
  })
  expect(principal.authentication.sessionId).not.toBeNull()
  expect(keyThumbprint).toBeNull()
})

test('mallory is in no group, and Keycloak says so by leaving the claim out', async () => {
  const token = await accessTokenOf('mallory')
  expect(decodeJwt(token)).not.toHaveProperty('groups')
  expect((await authenticator.authenticate(token)).principal.groups).toEqual([])
})

test('a machine comes with client credentials, and brings its groups', async () => {
  const { access_token } = await realm.tokens({
    grant_type: 'client_credentials',
    client_id: machine.clientId,
    client_secret: machine.secret,
  })
  const { principal } = await authenticator.authenticate(access_token)
  expect(principal).toMatchObject({ email: null, groups: ['data-eng'] })
})

test('a token of another realm is nobody’s here', async () => {
  const other = await ownRealm()
  try {
    const { access_token } = await other.tokens({
      grant_type: 'client_credentials',
      client_id: machine.clientId,
      client_secret: machine.secret,
    })
    await expect(authenticator.authenticate(access_token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  } finally {
    await other.remove()
  }
})

test('how long tokens are good can be set, and a SAML client can be added', async () => {
  await realm.change({ accessTokenLifespan: 7 })
  const { expires_in } = await realm.tokens({
    grant_type: 'client_credentials',
    client_id: machine.clientId,
    client_secret: machine.secret,
  })
  expect(expires_in).toBe(7)
  const entityId = 'https://relay.example.test/saml'
  await realm.addClient(samlClient({ entityId, acsUrl: 'http://127.0.0.1:8443/saml/acs' }))
  const metadata = await fetch(`${realm.issuer}/protocol/saml/descriptor`)
  expect(await metadata.text()).toContain(`entityID="${realm.issuer}"`)
})
