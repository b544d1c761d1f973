import { beforeAll, describe, expect, test } from 'vitest'
import { maxResponseChars, type ResponseRules, verifyResponse } from '../../../../relay/saml/response.ts'
import {
  conditionsFor,
  entityId,
  makeSamlKey,
  newId,
  type ResponseParts,
  type SamlKey,
  samlResponse,
  sign,
  time,
} from '../../../support/saml-provider.ts'

const acsUrl = 'https://relay.example.com/saml/acs'
const audience = 'https://relay.example.com/saml/metadata'
const requestId = newId()
let key: SamlKey
let other: SamlKey
beforeAll(async () => {
  ;[key, other] = await Promise.all([makeSamlKey(), makeSamlKey()])
})

const good = (o: Partial<ResponseParts> = {}) => samlResponse({ acsUrl, audience, requestId, key, ...o })
const verify = (xml: string, rules: Partial<ResponseRules> = {}) =>
  verifyResponse(Buffer.from(xml).toString('base64'), {
    issuer: entityId,
    certificates: [key.certificate],
    audience,
    acsUrl,
    requestId,
    clockToleranceSeconds: 30,
    ...rules,
  })
const now = () => Date.now() / 1000

test('a good response says who it is', async () => {
  const verified = await verify(good({ assertionId: '_a1' }))
  expect(verified).toMatchObject({
    id: '_a1',
    nameId: 'ana',
    sessionIndex: 'session-1',
    authnContext: 'urn:oasis:names:tc:SAML:2.0:ac:classes:Password',
  })
  expect([...verified.attributes]).toEqual([
    ['email', ['ana@example.com']],
    ['groups', ['data-eng', 'analysts']],
  ])
  expect(verified.sessionEnds).toBeGreaterThan(now() + 3500)
  expect(verified.expires).toBeGreaterThan(now() + 100)
})

test('while keys are rolled over, either may have signed', async () => {
  const certificates = [other.certificate, key.certificate]
  expect(await verify(good(), { certificates })).toMatchObject({ nameId: 'ana' })
  expect(await verify(good({ key: other }), { certificates })).toMatchObject({ nameId: 'ana' })
})

test('SHA-512 is accepted, one attribute of several statements is whole, white space is kept', async () => {
  expect(await verify(good({ algorithm: 'sha512', digest: 'sha512' }))).toMatchObject({ nameId: 'ana' })
  const more =
    '<saml:AttributeStatement><saml:Attribute Name="groups"><saml:AttributeValue> x</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>'
  const verified = await verify(
    good({ alterAssertion: (xml) => xml.replace('</saml:Assertion>', `${more}</saml:Assertion>`) }),
  )
  expect(verified.attributes.get('groups')).toEqual(['data-eng', 'analysts', ' x'])
})

const cases: [string, () => Partial<ResponseParts>, RegExp][] = [
  ['that nobody signed', () => ({ signs: [] }), /other signatures/],
  ['of which only the response is signed', () => ({ signs: ['response'] }), /other signatures/],
  ['of which only the assertion is signed', () => ({ signs: ['assertion'] }), /other signatures/],
  ['signed with another key', () => ({ key: other }), /signature/i],
  ['signed with SHA-1', () => ({ algorithm: 'sha1' }), /not accepted/],
  ['with a digest by SHA-1', () => ({ digest: 'sha1' }), /not accepted/],
  ['with a comment in the NameID', () => ({ nameId: 'ana<!---->.evil' }), /comment/],
  ['with CDATA in the NameID', () => ({ nameId: '<![CDATA[ana]]>' }), /CDATA/],
  ['with an element in the NameID', () => ({ nameId: 'ana<b>.evil</b>' }), /more than text/],
  ['with an empty NameID', () => ({ nameId: ' ' }), /empty/],
  [
    'with a NameID that is another one each time',
    () => ({ nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' }),
    /transient/,
  ],
  ['for another audience', () => ({ audience: 'https://other' }), /audience/],
  [
    'for us and another audience',
    () => ({
      conditions: conditionsFor(audience).replace(
        '</saml:Conditions>',
        `<saml:AudienceRestriction><saml:Audience>x</saml:Audience></saml:AudienceRestriction></saml:Conditions>`,
      ),
    }),
    /audience/,
  ],
  ['for no audience', () => ({ conditions: `<saml:Conditions NotOnOrAfter="${time(60)}"/>` }), /audience/i],
  ['without conditions', () => ({ conditions: null }), /./],
  [
    'with a condition that is not known',
    () => ({
      conditions: conditionsFor(audience).replace(
        '</saml:Conditions>',
        '<saml:Condition/></saml:Conditions>',
      ),
    }),
    /not known/,
  ],
  ['for another destination', () => ({ destination: 'https://other/acs' }), /destination/],
  ['without a destination', () => ({ destination: null }), /destination/],
  ['for another recipient', () => ({ recipient: 'https://other/acs' }), /recipient/],
  ['without a recipient', () => ({ recipient: null }), /recipient/],
  ['to another request', () => ({ responseTo: '_x' }), /another request/],
  ['to no request', () => ({ responseTo: null }), /another request/],
  ['whose assertion is to another request', () => ({ confirmationTo: '_x' }), /another request/],
  ['whose assertion is to no request', () => ({ confirmationTo: null }), /another request/],
  ['of another issuer', () => ({ responseIssuer: 'https://evil' }), /issuer/],
  ['of no issuer', () => ({ responseIssuer: null }), /Issuer/],
  ['whose assertion is of another issuer', () => ({ assertionIssuer: 'https://evil' }), /issuer/],
  ['whose assertion is of no issuer', () => ({ assertionIssuer: null }), /Issuer/],
  ['that is too old', () => ({ skew: -400 }), /./],
  ['that is from the future', () => ({ skew: 100 }), /./],
  ['whose conditions have expired', () => ({ conditions: conditionsFor(audience, -200) }), /expired/],
  ['whose conditions are not met yet', () => ({ conditions: conditionsFor(audience, 100) }), /not yet valid/],
  ['whose confirmation has expired', () => ({ confirmationEnds: -40 }), /./],
  ['whose confirmation does not end', () => ({ confirmationEnds: null }), /./],
  ['whose session has ended', () => ({ sessionEnds: -40 }), /expired/],
  ['that says no', () => ({ status: 'urn:oasis:names:tc:SAML:2.0:status:Responder' }), /the provider says/],
  ['of another version', () => ({ version: '1.1' }), /version/],
  [
    'for whoever holds a key',
    () => ({ method: 'urn:oasis:names:tc:SAML:2.0:cm:holder-of-key' }),
    /confirmed in another way/,
  ],
  [
    'without a confirmation',
    () => ({
      alterAssertion: (xml) => xml.replace(/<saml:SubjectConfirmation .*<\/saml:SubjectConfirmation>/, ''),
    }),
    /SubjectConfirmation/,
  ],
  [
    'without a sign-in',
    () => ({ alterAssertion: (xml) => xml.replace(/<saml:AuthnStatement.*<\/saml:AuthnStatement>/, '') }),
    /AuthnStatement/,
  ],
]
test.each(cases)('a response %s is refused', async (_what, parts, reason) => {
  await expect(verify(good(parts()))).rejects.toThrow(reason)
})

test('clocks may differ by the tolerance, and not more', async () => {
  expect(await verify(good({ skew: 25 }))).toMatchObject({ nameId: 'ana' })
  await expect(verify(good({ skew: 40 }))).rejects.toThrow()
  await expect(verify(good({ skew: 25 }), { clockToleranceSeconds: 0 })).rejects.toThrow()
})

/** XML signature wrapping, as SAMLRaider numbers it: what was signed is moved, and something else put in its place. */
describe('a wrapped signature is refused', () => {
  const evil = (assertion: string) =>
    assertion.replace(/ ID="[^"]*"/, ' ID="_evil"').replace('>ana<', '>root<')
  const unsigned = (xml: string) => xml.replace(/<(?:ds:)?Signature .*?<\/(?:ds:)?Signature>/s, '')
  const parts = () => {
    const whole = good()
    const assertion = /<saml:Assertion.*<\/saml:Assertion>/s.exec(whole)?.[0] as string
    return {
      whole,
      assertion,
      bad: unsigned(evil(assertion)),
      signature: /<Signature .*?<\/Signature>/s.exec(assertion)?.[0] as string,
    }
  }
  const wrap: [string, () => string][] = [
    [
      'XSW 1: the response in its own signature',
      () => {
        const { whole } = parts()
        const outer = whole.replace(/ ID="[^"]*"/, ' ID="_evil"').replace('>ana<', '>root<')
        return outer.replace(
          '</Signature><samlp:Status',
          `<Object>${unsigned(whole)}</Object></Signature><samlp:Status`,
        )
      },
    ],
    [
      'XSW 2: the response before its signature',
      () => {
        const { whole } = parts()
        const outer = whole.replace(/ ID="[^"]*"/, ' ID="_evil"').replace('>ana<', '>root<')
        return outer.replace('<Signature ', `${unsigned(whole)}<Signature `)
      },
    ],
    [
      'XSW 3: an assertion before the signed one',
      () => {
        const { whole, assertion, bad } = parts()
        return whole.replace(assertion, bad + assertion)
      },
    ],
    [
      'XSW 4: the signed assertion in another one',
      () => {
        const { whole, assertion, bad } = parts()
        return whole.replace(assertion, bad.replace('</saml:Assertion>', `${assertion}</saml:Assertion>`))
      },
    ],
    [
      'XSW 5: the signature in another assertion, the signed one after it',
      () => {
        const { whole, assertion } = parts()
        return whole.replace(assertion, evil(assertion) + unsigned(assertion))
      },
    ],
    [
      'XSW 6: the signed assertion in the signature of another one',
      () => {
        const { whole, assertion } = parts()
        return whole.replace(
          assertion,
          evil(assertion).replace('</Signature>', `${unsigned(assertion)}</Signature>`),
        )
      },
    ],
    [
      'XSW 7: another assertion in Extensions',
      () => {
        const { whole, assertion, bad } = parts()
        return whole.replace(assertion, `<samlp:Extensions>${bad}</samlp:Extensions>${assertion}`)
      },
    ],
    [
      'XSW 8: the signed assertion in an Object',
      () => {
        const { whole, assertion } = parts()
        return whole.replace(
          assertion,
          evil(assertion).replace('</Signature>', `<Object>${unsigned(assertion)}</Object></Signature>`),
        )
      },
    ],
  ]
  test.each(wrap)('%s', async (what, make) => {
    const xml = make()
    expect(xml).toContain('>root<')
    await expect(verify(xml)).rejects.toThrow()
    if (/[12]:/.test(what)) return
    // The same, within a response that is signed as it is.
    const resigned = sign(unsigned(xml), 'Response', { key, algorithm: 'sha256', digest: 'sha256' })
    await expect(verify(resigned)).rejects.toThrow()
  })

  test('an unsigned assertion beside a signed one, in a signed response', async () => {
    const { bad } = parts()
    const xml = good({
      alterResponse: (response) => response.replace('</samlp:Response>', `${bad}</samlp:Response>`),
    })
    await expect(verify(xml)).rejects.toThrow(/exactly one assertion/)
  })

  test('an assertion that was altered after it was signed, and an encrypted one', async () => {
    await expect(verify(good().replace('>ana<', '>root<'))).rejects.toThrow()
    await expect(verify(good({ alterResponse: (xml) => xml.replace('>ana<', '>root<') }))).rejects.toThrow()
    const encrypted = (xml: string) =>
      xml.replace('</samlp:Response>', '<saml:EncryptedAssertion/></samlp:Response>')
    await expect(verify(good({ alterResponse: encrypted }))).rejects.toThrow(/there is an EncryptedAssertion/)
  })

  test.each(['EncryptedID', 'EncryptedAttribute'])('with an %s', async (name) => {
    const alter = (xml: string) => xml.replace('<saml:Subject>', `<saml:Subject><saml:${name}/>`)
    await expect(verify(good({ alterAssertion: alter }))).rejects.toThrow(
      `there is an ${name}: the provider has to send it without encryption`,
    )
  })

  test('without an assertion, and the log has what the provider says', async () => {
    const none = (xml: string) =>
      xml
        .replace(/<saml:Assertion.*<\/saml:Assertion>/s, '')
        .replace(
          ':Success"/>',
          ':Responder"><samlp:StatusCode Value="urn:x:NoAuthnContext"/></samlp:StatusCode>',
        )
    await expect(verify(good({ alterResponse: none }))).rejects.toThrow(
      /says urn:.*:Responder urn:x:NoAuthnC/,
    )
  })

  test('ids in another spelling', async () => {
    const alter = (xml: string) => xml.replace('<saml:Subject>', '<saml:Subject id="_x">')
    await expect(verify(good({ alterAssertion: alter }))).rejects.toThrow(/id stands twice/)
  })
})

describe('before any parser sees it', () => {
  test.each([
    ['an instruction', (xml: string) => xml.replace('>ana<', '>ana<?x?>.evil<'), /instruction/],
    ['a DOCTYPE', (xml: string) => `<!DOCTYPE x [<!ENTITY a "b">]>${xml}`, /DOCTYPE/],
    [
      'a DOCTYPE after the declaration',
      (xml: string) => `<?xml version="1.0"?>\n<!DOCTYPE x>${xml}`,
      /DOCTYPE/,
    ],
    ['20,000 elements', () => '<a>'.repeat(20_000) + '</a>'.repeat(20_000), /too deep/],
    ['5,001 elements', () => `<a>${'<b/>'.repeat(5000)}</a>`, /too many elements/],
    ['33 attributes', () => `<a ${'b="" '.repeat(33)}/>`, /too many attributes/],
    ['too many characters', () => `<a>${'x'.repeat(maxResponseChars)}</a>`, /too large/],
    ['an end too few', () => '<a><b></b>', /not complete/],
    ['a tag in a value', () => '<a b="<![CDATA["></a>', /a tag in it/],
    ['an open quote', () => '<a b="></a>', /not complete/],
  ])('%s is refused', async (_what, alter, reason) => {
    await expect(verify(alter(good()))).rejects.toThrow(reason)
  })

  test.each(['', '====', 'a', 'PGE+', '%3C', 'PGE+\0'])('%j is refused', async (text) => {
    const rules = {
      issuer: entityId,
      certificates: [key.certificate],
      audience,
      acsUrl,
      requestId,
      clockToleranceSeconds: 30,
    }
    await expect(verifyResponse(text, rules)).rejects.toThrow()
  })

  test('an XML declaration is fine, and a lot is refused fast', async () => {
    expect(await verify(`<?xml version="1.0" encoding="UTF-8"?>\n${good()}`)).toMatchObject({ nameId: 'ana' })
    const started = performance.now()
    await expect(verify(`<a>${'<b c="d">x</b>'.repeat(4990)}</a>`)).rejects.toThrow()
    expect(performance.now() - started).toBeLessThan(1000)
  })
})
