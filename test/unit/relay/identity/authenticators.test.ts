import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { identityConfig } from '#shared/config/identity/identity.ts'
import type { Credentials } from '../../../../relay/identity/authenticator.ts'
import { Authenticators } from '../../../../relay/identity/authenticators.ts'
import { type DpopKey, makeDpopKey } from '../../../support/dpop-key.ts'
import { audience, startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'

const url = 'https://relay.example/api/v2/dags'

let provider: TokenProvider
let key: DpopKey
beforeAll(async () => {
  provider = await startTokenProvider()
  key = await makeDpopKey()
})
afterAll(() => provider.close())

const authenticators = (dpop: object = {}) =>
  new Authenticators(
    identityConfig.parse({ oidc: { issuer: provider.issuer, audience, clientId: 'jetway' }, dpop }),
  )
const presented = (token: string, more: Partial<Credentials> = {}): Credentials => ({
  scheme: 'Bearer',
  token,
  proof: null,
  method: 'GET',
  url,
  ...more,
})
const bound = (by: DpopKey = key) => provider.token({ cnf: { jkt: by.thumbprint } })
/** With a proof; the nonce for it is told to whoever has a good token and a proof without one. */
async function proven(all: Authenticators, token: string, by: DpopKey = key): Promise<Credentials> {
  const own = await bound(by)
  const without = await by.proof({ method: 'GET', url, token: own })
  const { params } = await all
    .authenticate(presented(own, { scheme: 'DPoP', proof: without }))
    .catch((error) => error)
  const proof = await by.proof({ method: 'GET', url, token, nonce: params.nonce })
  return presented(token, { scheme: 'DPoP', proof })
}

test('a token is for the authenticator of its issuer', async () => {
  const all = authenticators()
  const { principal, keyThumbprint } = await all.authenticate(presented(await provider.token()))
  expect([principal.subject, keyThumbprint]).toEqual(['ana', null])
  expect(all.trusts(principal)).toBe(true)
  expect(all.trusts({ ...principal, issuer: `${provider.issuer}/` })).toBe(false)
  const { authentication } = principal
  expect(all.trusts({ ...principal, authentication: { ...authentication, by: 'identity.saml' } })).toBe(false)
})

test.each<[string, () => Promise<Credentials>]>([
  ['of an issuer that is nobody’s', async () => presented(await provider.token({ iss: 'https://other' }))],
  ['without an issuer', async () => presented(await provider.token({ iss: undefined }))],
  ['that is none', async () => presented('a.b.c')],
  ['that is bound to a key, from whoever holds it', async () => presented(await bound())],
  [
    'that is bound to a key, as Bearer with a proof',
    async () => {
      const token = await bound()
      return presented(token, { proof: await key.proof({ method: 'GET', url, token }) })
    },
  ],
  ['that is bound to a key, without a proof', async () => presented(await bound(), { scheme: 'DPoP' })],
  [
    'that is bound to no key, as if it were',
    async () => {
      const token = await provider.token()
      return presented(token, { scheme: 'DPoP', proof: await key.proof({ method: 'GET', url, token }) })
    },
  ],
])('a token %s is refused', async (_what, make) => {
  await expect(authenticators().authenticate(await make())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

describe('a token that is bound to a key', () => {
  test('is accepted with a proof of it, once', async () => {
    const all = authenticators()
    const credentials = await proven(all, await bound())
    expect(await all.authenticate(credentials)).toMatchObject({
      principal: { subject: 'ana' },
      keyThumbprint: key.thumbprint,
    })
    await expect(all.authenticate(credentials)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  test('is of no use with another key, or with a proof for another token', async () => {
    const all = authenticators()
    const thief = await makeDpopKey()
    const stolen = await bound()
    const own = await proven(all, await bound(thief), thief)
    await expect(all.authenticate({ ...own, token: stolen })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    })
    await expect(all.authenticate(await proven(all, stolen, thief))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    })
  })
})

describe('where tokens have to be bound', () => {
  test('one that is not is refused', async () => {
    const all = authenticators({ required: true })
    const token = await provider.token()
    await expect(all.authenticate(presented(token))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await expect(all.renew(token, null)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(await all.authenticate(await proven(all, await bound()))).toMatchObject({
      keyThumbprint: key.thumbprint,
    })
  })
})

test.each<[string, () => Promise<string>, () => string | null, boolean]>([
  ['bound to the same key', () => bound(), () => key.thumbprint, true],
  ['bound to no key, as before', () => provider.token(), () => null, true],
  ['bound to another key', async () => bound(await makeDpopKey()), () => key.thumbprint, false],
  ['bound to a key that was not proven', () => bound(), () => null, false],
  ['bound to no key any more', () => provider.token(), () => key.thumbprint, false],
])('a further token, %s', async (_what, make, before, isAccepted) => {
  const renewed = authenticators().renew(await make(), before())
  if (isAccepted) expect(await renewed).toMatchObject({ principal: { subject: 'ana' } })
  else await expect(renewed).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

test('people can come in while the issuer of a machine is away, and its machines are told', async () => {
  const away = 'http://127.0.0.1:9'
  const all = new Authenticators(
    identityConfig.parse({
      oidc: { issuer: provider.issuer, audience, clientId: 'jetway' },
      federation: [
        {
          name: 'ci',
          issuer: away,
          audience,
          rules: [{ name: 'r', claims: { sub: 'x' }, groups: ['g'] }],
        },
      ],
    }),
  )
  await expect(all.ready()).rejects.toMatchObject({ code: 'PROVIDER_UNREACHABLE' })
  await all.authenticate(presented(await provider.token()))
  expect(all.isReady).toBe(true)
  await expect(
    all.authenticate(presented(await provider.token({ iss: away, sub: 'x' }))),
  ).rejects.toMatchObject({ code: 'PROVIDER_UNREACHABLE', entry: { retry: true } })
})
