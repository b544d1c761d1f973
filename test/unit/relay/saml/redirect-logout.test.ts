import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { maxResponseChars } from '../../../../relay/saml/response.ts'
import {
  type LogoutParts,
  makeSamlKey,
  newId,
  queryOf,
  samlLogoutRequest,
  sign,
  signedQuery,
  time,
} from '../../../support/saml-provider.ts'
import { type SamlSite, startSamlSite } from '../../../support/saml-site.ts'

/** Logout requests by the HTTP-Redirect binding, whose signature is over the query as it was received. */
let site: SamlSite
beforeAll(async () => {
  site = await startSamlSite()
})
afterAll(() => site?.close())

const request = (parts: Partial<LogoutParts> = {}, destination = `${site.relay.url}/saml/slo`) =>
  samlLogoutRequest(destination, parts)
const signed = (parts?: Partial<LogoutParts>) => signedQuery(request(parts), site.key)
const get = (query: string) => fetch(`${site.relay.url}/saml/slo?${query}`, { redirect: 'manual' })
const lowerCase = (text: string) =>
  encodeURIComponent(text).replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase())

test('the provider ends a session, and its browser goes back to it', async () => {
  const [ana, bob] = [await site.signIn(), await site.signIn({ nameId: 'bob' })]
  const id = newId()
  const response = await get(queryOf(signed({ id })))
  expect(response.status).toBe(303)
  const location = new URL(response.headers.get('location') as string)
  expect([location.pathname, location.searchParams.get('RelayState')]).toEqual(['/slo', 'theirs'])
  const answer = inflateRawSync(Buffer.from(location.searchParams.get('SAMLResponse') ?? '', 'base64'))
  expect(answer.toString('utf8')).toContain(`InResponseTo="${id}"`)
  expect(await site.ask(ana.access_token)).toBe(401)
  expect(await site.ask(bob.access_token)).toBe(200)
})

test.each<[string, () => string]>([
  ['with SHA-384', () => queryOf(signedQuery(request(), site.key, { hash: 'sha384' }))],
  ['with SHA-512', () => queryOf(signedQuery(request(), site.key, { hash: 'sha512' }))],
  ['percent-encoded in lower case', () => queryOf(signedQuery(request(), site.key, { encode: lowerCase }))],
  [
    'with its parameters in another order, and the encoding named',
    () => {
      const { SAMLRequest, ...others } = signed()
      const encoding = encodeURIComponent('urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE')
      return `SAMLEncoding=${encoding}&${queryOf(others)}&SAMLRequest=${SAMLRequest}`
    },
  ],
  [
    'with a question mark',
    () =>
      queryOf(
        signedQuery(request(), site.key, {
          relayState: '?',
          encode: (t) => (t === '?' ? t : encodeURIComponent(t)),
        }),
      ),
  ],
])('a request %s counts', async (_what, make) => {
  const ana = await site.signIn()
  expect((await get(make())).status).toBe(303)
  expect(await site.ask(ana.access_token)).toBe(401)
})

test.each<[string, () => string | Promise<string>, RegExp]>([
  ['that nobody signed', () => `SAMLRequest=${signed().SAMLRequest}`, /not signed/],
  [
    'without a signature',
    () => {
      const { Signature: _, ...others } = signed()
      return queryOf(others)
    },
    /not signed/,
  ],
  ['with an empty signature', () => queryOf({ ...signed(), Signature: '' }), /not Base64/],
  [
    'without an algorithm',
    () => {
      const { SigAlg: _, ...others } = signed()
      return queryOf(others)
    },
    /not signed/,
  ],
  [
    'signed with another key',
    async () => queryOf(signedQuery(request(), await makeSamlKey())),
    /none of the/,
  ],
  [
    'signed with SHA-1',
    () => {
      const algorithm = 'http://www.w3.org/2000/09/xmldsig#rsa-sha1'
      return queryOf(signedQuery(request(), site.key, { hash: 'sha1', algorithm }))
    },
    /not accepted/,
  ],
  [
    'that says another algorithm than it is signed with',
    () => {
      const algorithm = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512'
      return queryOf(signedQuery(request(), site.key, { algorithm }))
    },
    /none of the/,
  ],
  [
    'of someone else',
    () => queryOf({ ...signed({ nameId: 'bob' }), SAMLRequest: signed().SAMLRequest }),
    /none/,
  ],
  ['whose RelayState was altered', () => queryOf({ ...signed(), RelayState: 'other' }), /none of the/],
  [
    'whose RelayState was taken out',
    () => {
      const { RelayState: _, ...others } = signed()
      return queryOf(others)
    },
    /none of the/,
  ],
  [
    'that was encoded anew on the way',
    () => queryOf(signed()).replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase()),
    /none of the/,
  ],
  ['that is there twice', () => `${queryOf(signed())}&SAMLRequest=${signed().SAMLRequest}`, /there twice/],
  ['with a second RelayState', () => `RelayState=x&${queryOf(signed())}`, /there twice/],
  ['with an answer beside it', () => `${queryOf(signed())}&SAMLResponse=x`, /none of the binding/],
  [
    'whose name is spelled in another way',
    () => queryOf(signed()).replace('SAMLRequest', 'SAMLReques%74'),
    /none of/,
  ],
  ['in another encoding', () => `${queryOf(signed())}&SAMLEncoding=x`, /encoded in another way/],
  ['that is not deflated', () => queryOf(signedQuery(Buffer.from(request()), site.key)), /./],
  [
    'that grows without end',
    () => queryOf(signedQuery(deflateRawSync(Buffer.alloc(8 * maxResponseChars, 'a')), site.key)),
    /larger than|too large/i,
  ],
  ['with a DOCTYPE', () => queryOf(signedQuery(`<!DOCTYPE x>${request()}`, site.key)), /DOCTYPE/],
  [
    'with a signature inside',
    () =>
      queryOf(
        signedQuery(
          sign(request(), 'LogoutRequest', { key: site.key, algorithm: 'sha256', digest: 'sha256' }),
          site.key,
        ),
      ),
    /other signatures/,
  ],
  [
    'with a signature inside alone',
    () => {
      const xml = sign(request(), 'LogoutRequest', { key: site.key, algorithm: 'sha256', digest: 'sha256' })
      return `SAMLRequest=${encodeURIComponent(deflateRawSync(xml).toString('base64'))}`
    },
    /not signed/,
  ],
  [
    'that is another message',
    () => queryOf(signedQuery(request().replaceAll('LogoutRequest', 'LogoutResponse'), site.key)),
    /root is/,
  ],
  ['of another issuer', () => queryOf(signed({ issuer: 'https://other' })), /issuer/],
  [
    'for another destination',
    () => queryOf(signedQuery(request({}, 'https://other'), site.key)),
    /destination/,
  ],
  ['without an id', () => queryOf(signed({ id: '' })), /no id/],
  ['of another version', () => queryOf(signed({ version: '1.1' })), /version/],
  ['that is old', () => queryOf(signed({ at: time(-400) })), /issued/],
  ['from the future', () => queryOf(signed({ at: time(100) })), /issued/],
  ['that has expired', () => queryOf(signed({ ends: time(-60) })), /expired/],
  ['with a comment in the name', () => queryOf(signed({ nameId: 'an<!---->a' })), /comment/],
  ['with percent signs that mean nothing', () => queryOf({ ...signed(), SigAlg: '%zz' }), /./],
])('a request %s ends nothing, and the log says why', async (_what, make, reason) => {
  const ana = await site.signIn()
  site.logLines.length = 0
  const response = await get(await make())
  expect(response.status).toBe(401)
  expect(await response.text()).toContain('SAML_REFUSED')
  expect(site.logLines.some((line) => line.includes('SAML_REFUSED') && reason.test(line))).toBe(true)
  expect(await site.ask(ana.access_token)).toBe(200)
})

test('a request counts once, by either binding', async () => {
  const xml = request()
  expect((await get(queryOf(signedQuery(xml, site.key)))).status).toBe(303)
  const ana = await site.signIn()
  expect((await get(queryOf(signedQuery(xml, site.key)))).status).toBe(401)
  const form = sign(xml, 'LogoutRequest', { key: site.key, algorithm: 'sha256', digest: 'sha256' })
  const body = new URLSearchParams({ SAMLRequest: Buffer.from(form).toString('base64') })
  expect((await fetch(`${site.relay.url}/saml/slo`, { method: 'POST', body })).status).toBe(401)
  expect(await site.ask(ana.access_token)).toBe(200)
})

test('the relay’s metadata name both bindings', async () => {
  const xml = await (await fetch(`${site.relay.url}/saml/metadata`)).text()
  const bindings = [...xml.matchAll(/<SingleLogoutService Binding="([^"]*)" Location="([^"]*)"/g)]
  expect(bindings.map(([, binding, location]) => [binding, location])).toEqual([
    ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', `${site.relay.url}/saml/slo`],
    ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', `${site.relay.url}/saml/slo`],
  ])
  // What is encrypted could not be read: no key is offered for it.
  expect(xml).not.toContain('encryption')
})
