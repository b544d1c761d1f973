import { afterAll, beforeAll, expect, test } from 'vitest'
import { identityConfig } from '#shared/config/identity/identity.ts'
import type { Credentials } from '../../../../relay/identity/authenticator.ts'
import { Authenticators } from '../../../../relay/identity/authenticators.ts'
import { audience, startTokenProvider, type TokenProvider } from '../../../support/token-provider.ts'

let provider: TokenProvider
beforeAll(async () => {
  provider = await startTokenProvider()
})
afterAll(() => provider.close())

const authenticators = () =>
  new Authenticators(
    identityConfig.parse({ oidc: { issuer: provider.issuer, audience, clientId: 'jetway' } }),
  )
const presented = (token: string, more: Partial<Credentials> = {}): Credentials => ({
  scheme: 'Bearer',
  token,
  proof: null,
  method: 'GET',
  url: 'https://relay.example/api/v2/dags',
  ...more,
})

test('a token is for the authenticator of its issuer', async () => {
  const all = authenticators()
  expect(await all.authenticate(presented(await provider.token()))).toMatchObject({ subject: 'ana' })
  expect(all.trusts(provider.issuer)).toBe(true)
  expect(all.trusts(`${provider.issuer}/`)).toBe(false)
})

test.each<[string, () => Promise<Credentials>]>([
  ['of an issuer that is nobody’s', async () => presented(await provider.token({ iss: 'https://other' }))],
  ['without an issuer', async () => presented(await provider.token({ iss: undefined }))],
  ['that is none', async () => presented('a.b.c')],
  [
    'that is bound to a key, from whoever holds it',
    async () => presented(await provider.token({ cnf: { jkt: 'x' } })),
  ],
  [
    'that is bound to no key, as if it were',
    async () => presented(await provider.token(), { scheme: 'DPoP' }),
  ],
])('a token %s is refused', async (_what, make) => {
  await expect(authenticators().authenticate(await make())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})
