import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AccessToken, Credentials } from '#client/auth/credentials.ts'
import type { DpopKey } from '#client/auth/dpop-key.ts'
import { type Oidc, oidcOf } from '#client/auth/provider.ts'
import { memoryStore } from '#client/auth/token-store.ts'
import { discover } from '#client/discovery.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { type ResponseAttack, responseAttacks, wrappings } from '../../../support/attacks/responses.ts'
import {
  entityId,
  makeSamlKey,
  newId,
  type ResponseParts,
  type SamlKey,
  samlMetadata,
} from '../../../support/saml-provider.ts'
import { codeOf, redeem, redirectUri, type SamlSite, startSamlSite } from '../../../support/saml-site.ts'
import { signInAs } from '../../../support/sign-in-as.ts'

let site: SamlSite
let other: SamlKey
beforeAll(async () => {
  ;[site, other] = await Promise.all([startSamlSite(), makeSamlKey()])
})
afterAll(() => site?.close())

const signedIn = async (parts?: Partial<ResponseParts>) => {
  const begun = await site.begin()
  return site.post(begun, site.respond(begun, parts))
}
const lastRecord = async () => {
  await site.relay.auditLog.flush()
  return (await site.relay.records()).at(-1)
}
const refused = async (response: Response, code = 'SAML_REFUSED', status = 401) => {
  const page = await response.text()
  expect([response.status, response.headers.get('location')]).toEqual([status, null])
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(page).toContain(code)
  expect(await lastRecord()).toMatchObject({ path: '/saml/acs', status, decision: { effect: 'deny', code } })
  return page
}

test('a client finds the relay as its provider', async () => {
  const { oidc } = await discover(site.relay.url, null)
  expect(oidc).toMatchObject({
    issuer: site.relay.url,
    clientId: 'jetway',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    resource: null,
    redirectPorts: null,
  })
  const metadata = await (await fetch(`${site.relay.url}/.well-known/openid-configuration`)).json()
  expect(metadata).toMatchObject({
    issuer: site.relay.url,
    authorization_endpoint: `${site.relay.url}/oauth/authorize`,
    code_challenge_methods_supported: ['S256'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
  })
})

/** As the client does it. */
async function signedInAt(oidc: Oidc): Promise<Credentials> {
  const store = memoryStore(new JetwayError('NO_KEYCHAIN', { reason: 'a test' }))
  const credentials = new Credentials({ environment: 'prod', account: 'prod', store })
  await credentials.signIn(oidc, null, {
    ...signInAs('ana'),
    show: async (page) => {
      const { url } = page as Extract<typeof page, { kind: 'browser' }>
      const asked = Object.fromEntries(new URL(url).searchParams)
      const begun = await site.begin(asked)
      const answer = await site.post(begun, site.respond(begun))
      await fetch(answer.headers.get('location') as string)
    },
  })
  return credentials
}

test('the client signs in, refreshes and signs out, with tokens that are bound to its key', async () => {
  const oidc = oidcOf(await discover(site.relay.url, null))
  expect(oidc.dpop).toBe('required')
  const credentials = await signedInAt(oidc)
  expect(credentials.person).toEqual({ subject: 'ana', name: 'ana@example.com', email: 'ana@example.com' })
  const first = await credentials.accessToken(oidc, null)
  const second = await credentials.accessToken(oidc, null, first.token)
  expect(second.token).not.toBe(first.token)
  const ask = async ({ token, key }: AccessToken, scheme = 'DPoP') => {
    const url = `${site.relay.url}/api/v2/dags`
    const send = async () => {
      const dpop = await (key as DpopKey).proof({ method: 'GET', url, accessToken: token })
      return fetch(url, { headers: { authorization: `${scheme} ${token}`, dpop } })
    }
    const response = await send()
    const nonce = response.headers.get('dpop-nonce')
    if (nonce === null || response.ok) return response.status
    key?.learn(nonce, undefined)
    return (await send()).status
  }
  for (const present of [first, second]) {
    expect(decodeJwt(present.token).cnf).toEqual({ jkt: present.key?.thumbprint })
    expect(await ask(present)).toBe(200)
    expect(await ask(present, 'Bearer')).toBe(401)
  }
  await credentials.signOut(null)
  expect(await ask(second)).toBe(401)
})

test('what a token says', async () => {
  const begun = await site.begin()
  expect(begun.request).toContain(`AssertionConsumerServiceURL="${site.acsUrl}"`)
  const response = await site.post(begun, site.respond(begun))
  const location = new URL(response.headers.get('location') as string)
  expect(response.status).toBe(303)
  expect(`${location.origin}${location.pathname}`).toBe(redirectUri)
  expect([...location.searchParams.keys()]).toEqual(['code', 'state', 'iss'])
  expect(location.searchParams.get('iss')).toBe(site.relay.url)
  const { body } = await site.token(redeem(codeOf(response)))
  expect(Number(body.expires_in)).toBeLessThanOrEqual(900)
  expect(decodeJwt(body.access_token as string)).toMatchObject({
    iss: site.relay.url,
    aud: site.relay.url,
    sub: 'ana',
    idp: entityId,
    kind: 'person',
    by: 'identity.saml',
    email: 'ana@example.com',
    groups: ['data-eng', 'analysts'],
  })
  expect(decodeJwt(body.id_token as string)).toMatchObject({ aud: 'jetway', sub: 'ana', nonce: 'the-nonce' })
  expect(await lastRecord()).toMatchObject({
    path: '/oauth/token',
    principal: { subject: 'ana', issuer: entityId },
    status: 200,
    decision: { effect: 'allow', code: null },
  })
})

const noDetail = /signature|audience|issuer|destination|assertion|expired|group/i

test.each<ResponseAttack>([
  ...responseAttacks,
  ['whose name has a line break', () => ({ nameId: 'ana\nroot' }), /printable/],
  ['whose groups cannot be read', () => ({ attributes: { groups: ['\u200bdata-eng'] } }), /printable/],
])(
  'a response %s is refused, with the code in the audit and no detail to the caller',
  async (_what, parts) => {
    const { audience } = site
    const page = await refused(await signedIn(parts({ audience, other })))
    expect(page).not.toMatch(noDetail)
  },
)

test.each(wrappings)('a wrapped signature is refused in the same way: %s', async (_what, wrap) => {
  const begun = await site.begin()
  const good = (parts?: Partial<ResponseParts>) => site.respond(begun, parts)
  const page = await refused(await site.post(begun, wrap({ good, audience: site.audience, other })))
  expect(page).not.toMatch(noDetail)
})

test.each<[string, (xml: string) => string]>([
  ['with a DOCTYPE', (xml) => `<!DOCTYPE x [<!ENTITY a "b">]>${xml}`],
  ['with a DOCTYPE in the name', (xml) => xml.replace('>ana<', '><!DOCTYPE x><')],
  ['with an instruction', (xml) => xml.replace('>ana<', '>ana<?x?>.evil<')],
  ['that was changed', (xml) => xml.replace('>ana<', '>root<')],
])('a response %s is refused in the same way', async (_what, alter) => {
  const begun = await site.begin()
  const page = await refused(await site.post(begun, alter(site.respond(begun))))
  expect(page).not.toMatch(noDetail)
})

test('a response signed with another key is refused, and the true reason is in the log', async () => {
  await refused(await signedIn({ key: await makeSamlKey() }))
  expect(site.logLines.some((line) => line.includes('SAML_REFUSED') && /signature/i.test(line))).toBe(true)
})

test('junk that carries the id uses nothing up', async () => {
  const begun = await site.begin()
  for (const junk of [
    '<junk/>',
    site.respond(begun, { signs: [] }),
    site.respond(begun, { key: await makeSamlKey() }),
  ])
    await refused(await site.post(begun, junk))
  expect(codeOf(await site.post(begun, site.respond(begun)))).not.toBe('')
})

test('a response counts once, also where two come at once', async () => {
  const begun = await site.begin()
  const xml = site.respond(begun)
  expect(codeOf(await site.post(begun, xml))).not.toBe('')
  await refused(await site.post(begun, xml))
  // A second answer to the same request, too.
  await refused(await site.post(begun, site.respond(begun)))

  const other = await site.begin()
  const twice = site.respond(other)
  const both = await Promise.all([site.post(other, twice), site.post(other, twice)])
  expect(both.map(({ status }) => status).sort()).toEqual([303, 401])
})

test('an assertion counts once, whatever the request', async () => {
  const assertionId = newId()
  expect(codeOf(await signedIn({ assertionId }))).not.toBe('')
  await refused(await signedIn({ assertionId }))
})

test('another browser, or another sign-in, does not get in with it', async () => {
  const [ours, theirs] = [await site.begin(), await site.begin()]
  const xml = site.respond(ours)
  await refused(await site.post(ours, xml, { cookie: '' }), 'SIGN_IN_NOT_BEGUN', 400)
  await refused(await site.post(ours, xml, { cookie: theirs.cookie }), 'SIGN_IN_NOT_BEGUN', 400)
  await refused(await site.post(ours, xml, { relayState: theirs.relayState }), 'SIGN_IN_NOT_BEGUN', 400)
  await refused(await site.post(theirs, xml))
  const altered = ours.cookie.slice(0, -2) + (ours.cookie.endsWith('AA') ? 'BB' : 'AA')
  await refused(await site.post(ours, xml, { cookie: altered }), 'SIGN_IN_NOT_BEGUN', 400)
  await refused(
    await site.post(ours, xml, { cookie: `${ours.cookie}; ${ours.cookie}` }),
    'SIGN_IN_NOT_BEGUN',
    400,
  )
  expect(codeOf(await site.post(ours, xml))).not.toBe('')
})

test('nobody signs in unasked', async () => {
  const begun = await site.begin()
  const unasked = site.respond(begun, { responseTo: null, confirmationTo: null })
  await refused(await site.post(begun, unasked))
  await refused(await site.post(begun, site.respond(begun), { relayState: '' }), 'SIGN_IN_NOT_BEGUN', 400)
})

test('a body that is too large, and one that is no form', async () => {
  const large = await fetch(site.acsUrl, { method: 'POST', body: 'x'.repeat(1_100_000) })
  expect(large.status).toBe(413)
  const none = await fetch(site.acsUrl, {
    method: 'POST',
    body: 'SAMLResponse=x&RelayState=y',
    headers: { 'content-type': 'text/plain' },
  })
  expect(none.status).toBe(400)
  const begun = await site.begin()
  const started = performance.now()
  await refused(await site.post(begun, `${'<a>'.repeat(20_000)}${'</a>'.repeat(20_000)}`))
  expect(performance.now() - started).toBeLessThan(1000)
})

test('people without the attributes have no e-mail and no groups, and may do nothing', async () => {
  const { access_token: token } = await site.signIn({ nameId: 'cleo', attributes: {} })
  expect(decodeJwt(token as string)).toMatchObject({ sub: 'cleo', preferred_username: 'cleo', groups: [] })
  expect(await site.ask(token)).toBe(403)
  const one = await site.signIn({ nameId: 'cleo', attributes: { groups: ['data-eng'] } })
  expect(await site.ask(one.access_token)).toBe(200)
})

test('people with more groups than fit a token sign in, are denied, and are told why', async () => {
  const groups = ['data-eng', ...Array.from({ length: 600 }, (_, i) => `cn=team-${i},ou=groups,dc=example`)]
  const { access_token: token } = await site.signIn({ nameId: 'cleo', attributes: { groups } })
  expect(await site.ask(token)).toBe(403)
  expect(await lastRecord()).toMatchObject({
    principal: { subject: 'cleo', groups: [] },
    decision: { effect: 'deny', code: 'GROUPS_UNKNOWN' },
  })
})

test('keys are rolled over without a restart, and expired ones are out', async () => {
  const next = await makeSamlKey()
  const expired = await makeSamlKey(2048, -1)
  const before = site.reads
  site.publish(samlMetadata('http://127.0.0.1:9/sso', [expired, next, site.key]))
  // They are read again only a while after the last time.
  const other = await startSamlSite({ metadata: { url: site.metadataUrl } })
  try {
    const signInWith = async (key: typeof next) => {
      const begun = await other.begin()
      return other.post(begun, other.respond(begun, { key }))
    }
    expect(codeOf(await signInWith(next))).not.toBe('')
    expect(codeOf(await signInWith(site.key))).not.toBe('')
    expect((await signInWith(expired)).status).toBe(401)
    expect(site.reads).toBeGreaterThan(before)
  } finally {
    await other.close()
  }
})

test('the relay’s own metadata', async () => {
  const response = await fetch(`${site.relay.url}/saml/metadata`)
  const xml = await response.text()
  expect(response.headers.get('content-type')).toBe('application/samlmetadata+xml')
  expect(xml).toContain(`entityID="${site.relay.url}/saml/metadata"`)
  expect(xml).toContain(`Location="${site.acsUrl}"`)
  expect(xml).toContain('WantAssertionsSigned="true"')
  expect(xml).toContain(`Location="${site.relay.url}/saml/slo"`)
})
