import { beforeAll, describe, expect, test } from 'vitest'
import { maxResponseChars, type ResponseRules, verifyResponse } from '../../../../relay/saml/response.ts'
import { responseAttacks, unsigned, wrappings } from '../../../support/attacks/responses.ts'
import {
  entityId,
  makeSamlKey,
  newId,
  type ResponseParts,
  type SamlKey,
  samlResponse,
  sign,
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

/** At the relay’s own door: see sign-in.test.ts. */
test.each(responseAttacks)('a response %s is refused', async (_what, parts, reason) => {
  await expect(verify(good(parts({ audience, other })))).rejects.toThrow(reason)
})

test('clocks may differ by the tolerance, and not more', async () => {
  expect(await verify(good({ skew: 25 }))).toMatchObject({ nameId: 'ana' })
  await expect(verify(good({ skew: 40 }))).rejects.toThrow()
  await expect(verify(good({ skew: 25 }), { clockToleranceSeconds: 0 })).rejects.toThrow()
})

describe('a wrapped signature is refused', () => {
  test.each(wrappings)('%s', async (what, make) => {
    const xml = make({ good, audience, other })
    expect(xml).toContain('>root<')
    await expect(verify(xml)).rejects.toThrow()
    if (/[12]:/.test(what)) return
    // The same, within a response that is signed as it is.
    const resigned = sign(unsigned(xml), 'Response', { key, algorithm: 'sha256', digest: 'sha256' })
    await expect(verify(resigned)).rejects.toThrow()
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
