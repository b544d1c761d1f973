import assert from 'node:assert/strict'
import { verifyLogoutRequest } from '../../../relay/saml/logout-request.ts'
import { requirePlainXml } from '../../../relay/saml/plain-xml.ts'
import { parseProviderMetadata } from '../../../relay/saml/provider-metadata.ts'
import { refusalOf } from '../../../relay/saml/refusal.ts'
import { maxResponseChars, verifyResponse } from '../../../relay/saml/response.ts'
import {
  conditionsFor,
  entityId,
  makeSamlKey,
  newId,
  queryOf,
  samlLogoutRequest,
  samlMetadata,
  samlResponse,
  signedQuery,
} from '../../support/saml-provider.ts'
import { ascii, type Target } from '../target.ts'

const key = await makeSamlKey()
const acsUrl = 'https://relay.example.com/saml/acs'
const audience = 'https://relay.example.com/saml/metadata'
const requestId = newId()
const response = (o: Partial<Parameters<typeof samlResponse>[0]> = {}) =>
  samlResponse({ acsUrl, audience, requestId, key, ...o })
const rules = {
  issuer: entityId,
  certificates: [key.certificate],
  audience,
  acsUrl,
  requestId,
  clockToleranceSeconds: 60,
}

const destination = 'https://relay.example.com/saml/slo'
const logoutRules = { ...rules, destination }

/**
 * What a provider, or someone in its name, has a browser bring: XML of a response, or of metadata, or a signed query. Whatever is changed of
 * a good response, it is refused, or says what it said.
 */
export const saml: Target = {
  name: 'saml',
  seeds: [
    response(),
    response({ signs: ['response'] }),
    response({ signs: [] }),
    response({ attributes: {}, conditions: conditionsFor('other') }),
    response({
      signs: ['response'],
      status: 'urn:oasis:names:tc:SAML:2.0:status:AuthnFailed',
      alterResponse: (xml) => xml.replace(/<saml:Assertion.*<\/saml:Assertion>/s, ''),
    }),
    samlMetadata('https://idp.example.com/sso', [key]),
    queryOf(signedQuery(samlLogoutRequest(destination), key)),
    queryOf(signedQuery(samlLogoutRequest(destination, { sessionIndex: null }), key, { hash: 'sha512' })),
  ].map(ascii),
  words: [
    ...[
      '<saml:Assertion ',
      '</saml:Assertion>',
      '<saml:NameID>',
      '</saml:NameID>',
      '<saml:Subject>',
      '<ds:Object>',
    ],
    ...[
      '<!--',
      '-->',
      '<!DOCTYPE x [',
      ']>',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      '&#60;',
      '&amp;',
      '&x;',
      '&#0;',
    ],
    ...[' ID="', ' Id="', ' xml:id="', ' xmlns="', ' xmlns:saml="', '">', '"/>', "'", '<', '>', '/'],
    ...['SAMLRequest=', 'RelayState=', 'SigAlg=', 'Signature=', 'SAMLEncoding=', '&', '%2B', '%', '=', '+'],
    ...[
      ' URI="#',
      ' URI=""',
      ' Algorithm="',
      'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
      '\r\n',
      '\t',
      '\xef\xbb\xbf',
    ],
  ].map(ascii),
  cuts: (input) => [...input.keys()].filter((at) => at > 0 && (input[at] === 0x3c || input[at - 1] === 0x3e)),
  async run(input) {
    const xml = Buffer.from(input).toString('latin1')
    const verified = await refusedOr(() => verifyResponse(Buffer.from(xml).toString('base64'), rules))
    if (verified) {
      assert.equal(verified.nameId, 'ana')
      assert.deepEqual(verified.attributes.get('groups'), ['data-eng', 'analysts'])
    }
    const no = await refusedOr(() => refusalOf(Buffer.from(xml).toString('base64'), rules))
    if (no) assert.match(no.description, /^The provider did not sign you in( \([A-Za-z]+\))?\.$/)
    const out = await refusedOr(() => verifyLogoutRequest({ query: xml }, logoutRules))
    if (out) assert.equal(out.nameId, 'ana')
    const metadata = await refusedOr(() => parseProviderMetadata(xml, entityId))
    for (const certificate of metadata?.certificates ?? [])
      assert.match(certificate, /^-----BEGIN CERTIFICATE/)
    // What is let through to parsers is bounded, and none of what they read in more than one way.
    if (!isPlain(xml)) return
    assert.doesNotMatch(xml.replace(/^\s*<\?xml [^<>?]*\?>/, ''), /<[!?]/)
    assert.ok(xml.length <= maxResponseChars && xml.split('<').length <= 10_001)
  },
}

function isPlain(xml: string): boolean {
  try {
    requirePlainXml(xml, { maxChars: maxResponseChars })
    return true
  } catch {
    return false
  }
}

/** Null when it was refused in an orderly way. */
async function refusedOr<T>(run: () => Promise<T>): Promise<T | null> {
  try {
    return await run()
  } catch (error) {
    assert.ok(error instanceof Error)
    assert.ok(!(error instanceof RangeError), 'it went too deep')
    return null
  }
}
