import { afterAll, beforeAll, expect, test } from 'vitest'
import { Credentials } from '#client/auth/credentials.ts'
import { oidcOf } from '#client/auth/provider.ts'
import { memoryStore } from '#client/auth/token-store.ts'
import { discover } from '#client/discovery.ts'
import { makeSamlKey, type ResponseParts } from '../../../support/saml-provider.ts'
import { codeOf, redirectUri, type SamlSite, startSamlSite } from '../../../support/saml-site.ts'
import { signInAs } from '../../../support/sign-in-as.ts'

/** What a provider says that does not sign someone in. */
const status = 'urn:oasis:names:tc:SAML:2.0:status:'
let site: SamlSite
beforeAll(async () => {
  site = await startSamlSite()
})
afterAll(() => site?.close())

/** A response without an assertion, signed but for what is given. */
const no = (second: string | null, parts: Partial<ResponseParts> = {}): Partial<ResponseParts> => ({
  signs: ['response'],
  status: `${status}Responder`,
  alterResponse: (xml) => {
    const bare = xml.replace(/<saml:Assertion.*<\/saml:Assertion>/s, '')
    const below = second === null ? '' : `<samlp:StatusCode Value="${second}"/>`
    return bare.replace(/(<samlp:StatusCode Value="[^"]*")\/>/, `$1>${below}</samlp:StatusCode>`)
  },
  ...parts,
})

test.each<[string | null, string, string]>([
  [
    `${status}NoAuthnContext`,
    'unmet_authentication_requirements',
    'The provider cannot sign you in as is asked for here.',
  ],
  [`${status}AuthnFailed`, 'access_denied', 'The provider did not sign you in (AuthnFailed).'],
  [`${status}RequestDenied`, 'access_denied', 'The provider did not sign you in (RequestDenied).'],
  [null, 'access_denied', 'The provider did not sign you in (Responder).'],
  ['urn:evil:click%20here', 'access_denied', 'The provider did not sign you in (Responder).'],
  [`${status}click here`, 'access_denied', 'The provider did not sign you in (Responder).'],
])('%s is told to the client at once, and is used up', async (second, error, description) => {
  const begun = await site.begin()
  const xml = site.respond(begun, no(second))
  const response = await site.post(begun, xml)
  expect(response.status).toBe(303)
  const location = new URL(response.headers.get('location') as string)
  expect(`${location.origin}${location.pathname}`).toBe(redirectUri)
  expect(Object.fromEntries(location.searchParams)).toEqual({
    error,
    error_description: description,
    state: 'the-state',
    iss: site.relay.url,
  })
  await site.relay.auditLog.flush()
  expect((await site.relay.records()).at(-1)).toMatchObject({
    path: '/saml/acs',
    principal: null,
    decision: { effect: 'deny', code: 'SAML_REFUSED' },
  })
  expect((await site.post(begun, xml)).status).toBe(401)
  expect((await site.post(begun, site.respond(begun))).status).toBe(401)
})

test.each<[string, () => Promise<Partial<ResponseParts>>]>([
  ['that nobody signed', async () => no(null, { signs: [] })],
  ['signed with another key', async () => no(null, { key: await makeSamlKey() })],
  ['signed with SHA-1', async () => no(null, { algorithm: 'sha1' })],
  ['to another request', async () => no(null, { responseTo: '_x' })],
  ['to no request', async () => no(null, { responseTo: null })],
  ['for another destination', async () => no(null, { destination: 'https://other' })],
  ['of another issuer', async () => no(null, { responseIssuer: 'https://evil' })],
  ['that is old', async () => no(null, { skew: -400 })],
  ['that is a yes', async () => no(null, { status: `${status}Success` })],
  ['that has an assertion', async () => ({ status: `${status}Responder` })],
])('a no %s tells the client nothing, and uses nothing up', async (_what, parts) => {
  const begun = await site.begin()
  const response = await site.post(begun, site.respond(begun, await parts()))
  expect([response.status, response.headers.get('location')]).toEqual([401, null])
  expect(codeOf(await site.post(begun, site.respond(begun)))).not.toBe('')
})

test('the person learns it where they wait', async () => {
  const oidc = oidcOf(await discover(site.relay.url, null))
  const credentials = new Credentials({ environment: 'prod', account: 'prod', store: memoryStore(null) })
  const signingIn = credentials.signIn(oidc, null, {
    ...signInAs('ana'),
    show: async (page) => {
      const asked = new URL((page as Extract<typeof page, { kind: 'browser' }>).url).searchParams
      const begun = await site.begin(Object.fromEntries(asked))
      const answer = await site.post(begun, site.respond(begun, no(`${status}AuthnFailed`)))
      await fetch(answer.headers.get('location') as string)
    },
  })
  await expect(signingIn).rejects.toMatchObject({
    code: 'SIGN_IN_REFUSED',
    message: 'It said: The provider did not sign you in (AuthnFailed).',
  })
})
