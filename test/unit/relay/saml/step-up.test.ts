import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Credentials } from '#client/auth/credentials.ts'
import { oidcOf } from '#client/auth/provider.ts'
import type { WishedSignIn } from '#client/auth/step-up.ts'
import { memoryStore } from '#client/auth/token-store.ts'
import { discover } from '#client/discovery.ts'
import { lackOf } from '../../../../relay/saml/wished.ts'
import { passwordContext, type ResponseParts } from '../../../support/saml-provider.ts'
import { codeOf, redeem, redirectUri, type SamlSite, startSamlSite } from '../../../support/saml-site.ts'
import { signInAs } from '../../../support/sign-in-as.ts'

const mfa = 'https://refeds.org/profile/mfa'
const smartCard = 'urn:oasis:names:tc:SAML:2.0:ac:classes:Smartcard'
let site: SamlSite
beforeAll(async () => {
  site = await startSamlSite()
})
afterAll(() => site?.close())

const signIn = async (asked: Record<string, string>, parts: Partial<ResponseParts> = {}) => {
  const begun = await site.begin(asked)
  return site.post(begun, site.respond(begun, parts))
}
const errorOf = (response: Response) => {
  const location = new URL(response.headers.get('location') as string)
  expect(`${location.origin}${location.pathname}`).toBe(redirectUri)
  expect(location.searchParams.get('code')).toBeNull()
  expect(location.searchParams.get('state')).toBe('the-state')
  expect(location.searchParams.get('iss')).toBe(site.relay.url)
  return location.searchParams.get('error')
}

test('how strong it has to be is asked of the provider, and what it says is what the relay knows', async () => {
  const begun = await site.begin({ acr_values: `${mfa} ${smartCard}` })
  expect(begun.request).toMatch(/<samlp:RequestedAuthnContext [^>]*Comparison="exact">/)
  const asked = [...begun.request.matchAll(/<saml:AuthnContextClassRef[^>]*>([^<]*)</g)].map(([, one]) => one)
  expect(asked).toEqual([mfa, smartCard])
  expect(begun.request).not.toContain('ForceAuthn')
  const response = await site.post(begun, site.respond(begun, { authnContext: smartCard }))
  const { body } = await site.token(redeem(codeOf(response)))
  expect(decodeJwt(body.access_token as string).acr).toBe(smartCard)
  expect(decodeJwt(body.id_token as string).acr).toBe(smartCard)
  expect(await site.ask(body.access_token)).toBe(200)
})

test('nothing is asked for where nothing was wished for', async () => {
  const { request } = await site.begin()
  expect(request).not.toMatch(/RequestedAuthnContext|ForceAuthn/)
})

test.each<[string, Record<string, string>, Partial<ResponseParts>, string]>([
  ['weaker', { acr_values: mfa }, {}, 'unmet_authentication_requirements'],
  [
    'of a way that only begins like it',
    { acr_values: mfa },
    { authnContext: `${mfa}/2` },
    'unmet_authentication_requirements',
  ],
  ['older', { max_age: '60' }, { authnInstant: -200 }, 'login_required'],
  ['from before it was asked for', { prompt: 'login' }, { authnInstant: -60 }, 'login_required'],
  [
    'strong enough and older',
    { acr_values: mfa, max_age: '60' },
    { authnContext: mfa, authnInstant: -200 },
    'login_required',
  ],
])('a sign-in that is %s is told to the client, and gives nothing', async (_what, asked, parts, error) => {
  const begun = await site.begin(asked)
  const xml = site.respond(begun, parts)
  const response = await site.post(begun, xml)
  expect(errorOf(response)).toBe(error)
  await site.relay.auditLog.flush()
  expect((await site.relay.records()).at(-1)).toMatchObject({
    path: '/saml/acs',
    principal: { subject: 'ana' },
    decision: { effect: 'deny', code: 'SAML_REFUSED' },
  })
  // It is used up like any other.
  expect((await site.post(begun, xml)).status).toBe(401)
})

test('what is fresh enough is let in', async () => {
  for (const asked of [{ max_age: '60' }, { prompt: 'login' }, { prompt: 'login', max_age: '0' }])
    expect(codeOf(await signIn(asked))).not.toBe('')
  expect(codeOf(await signIn({ max_age: '300' }, { authnInstant: -200 }))).not.toBe('')
})

test('a fresh sign-in is asked of the provider', async () => {
  for (const asked of [{ prompt: 'login' }, { prompt: 'consent login' }, { max_age: '600' }])
    expect((await site.begin(asked)).request).toContain('ForceAuthn="true"')
})

test('a response that says two ways is refused', async () => {
  const begun = await site.begin({ acr_values: mfa })
  const two = (xml: string) =>
    xml.replace(
      '</saml:AuthnContext>',
      `<saml:AuthnContextClassRef>${mfa}</saml:AuthnContextClassRef></saml:AuthnContext>`,
    )
  const response = await site.post(begun, site.respond(begun, { alterAssertion: two }))
  expect([response.status, response.headers.get('location')]).toEqual([401, null])
})

test.each<Record<string, string>>([
  { max_age: '-1' },
  { max_age: '1.5' },
  { max_age: '1e3' },
  { max_age: '9999999999' },
  { acr_values: 'x'.repeat(257) },
  { acr_values: 'ä' },
  { acr_values: Array(9).fill('x').join(' ') },
])('%j is no request', async (asked) => {
  expect(errorOf(await site.authorize(asked))).toBe('invalid_request')
})

test('what is asked for cannot write the request', async () => {
  const evil = 'x</saml:AuthnContextClassRef><evil/>"'
  const { request } = await site.begin({ acr_values: evil })
  expect(request).not.toContain('<evil/>')
})

const rules = { begunAt: 1000, now: 1100, clockToleranceSeconds: 30 }
const wished = { fresh: false, maxAge: null, acrValues: [] }
test.each<[string, object, number, string | null]>([
  ['as old as it may be', { maxAge: 60 }, 1010, null],
  ['a second older', { maxAge: 60 }, 1009, 'login_required'],
  ['when it was asked for, by the slowest clock', { fresh: true }, 970, null],
  ['a second before', { fresh: true }, 969, 'login_required'],
  ['fresh, and older than wished for', { fresh: true, maxAge: 60 }, 1000, 'login_required'],
  ['any time', {}, 0, null],
])('%s', (_what, wish, authnInstant, error) => {
  const lack = lackOf({ authnInstant, authnContext: passwordContext }, { ...wished, ...wish }, rules)
  expect(lack?.error ?? null).toBe(error)
})

test('none is not one of them', () => {
  const none = { authnInstant: 1100, authnContext: null }
  expect(lackOf(none, { ...wished, acrValues: [mfa] }, rules)?.error).toBe(
    'unmet_authentication_requirements',
  )
  expect(lackOf(none, wished, rules)).toBeNull()
})

test('the client says what was not enough, and is let in when it is', async () => {
  const oidc = oidcOf(await discover(site.relay.url, null))
  const by = (wish: Partial<WishedSignIn>, parts: Partial<ResponseParts>) => {
    const credentials = new Credentials({ environment: 'prod', account: 'prod', store: memoryStore(null) })
    return credentials.signIn(oidc, null, {
      ...signInAs('ana'),
      wished: { acrValues: null, maxAge: null, loginHint: null, ...wish },
      show: async (page) => {
        const asked = new URL((page as Extract<typeof page, { kind: 'browser' }>).url).searchParams
        const begun = await site.begin(Object.fromEntries(asked))
        const answer = await site.post(begun, site.respond(begun, parts))
        await fetch(answer.headers.get('location') as string)
      },
    })
  }
  await by({ acrValues: mfa, maxAge: 0 }, { authnContext: mfa })
  await expect(by({ acrValues: mfa }, {})).rejects.toMatchObject({
    code: 'SIGN_IN_FAILED',
    message: `The provider did not sign you in as is asked for here (${mfa}).`,
  })
  await expect(by({ maxAge: 60 }, { authnInstant: -200 })).rejects.toMatchObject({
    code: 'SIGN_IN_FAILED',
    message: 'The provider did not ask you again who you are.',
  })
})

// The last one: the policy is another one.
test('a policy that takes a stronger sign-in is satisfied by one', async () => {
  const grants = [{ group: 'data-eng', role: 'user', when: { acr: [mfa] } }]
  await site.relay.reloadWith({ policy: { contact: 'Ask us.', grants } })
  expect(await site.ask((await site.signIn()).access_token)).toBe(401)
  const { body } = await site.token(redeem(codeOf(await signIn({ acr_values: mfa }, { authnContext: mfa }))))
  expect(await site.ask(body.access_token)).toBe(200)
})
