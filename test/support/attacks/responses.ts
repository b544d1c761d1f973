import { conditionsFor, type ResponseParts, type SamlKey, time } from '../saml-provider.ts'

/** Who makes responses to one request. */
export interface ResponseMaker {
  /** A good response but for what is given; XML. */
  good(parts?: Partial<ResponseParts>): string
  readonly audience: string
  /** Of nobody that is trusted. */
  readonly other: SamlKey
}

/** A response that is refused: what is wrong with it, how it differs from a good one, the reason, for the log. */
export type ResponseAttack = [
  what: string,
  parts: (at: Pick<ResponseMaker, 'audience' | 'other'>) => Partial<ResponseParts>,
  reason: RegExp,
]

/** Each altered before it is signed, so that it is the provider's own. */
export const responseAttacks: readonly ResponseAttack[] = [
  ['that nobody signed', () => ({ signs: [] }), /other signatures/],
  ['of which only the response is signed', () => ({ signs: ['response'] }), /other signatures/],
  ['of which only the assertion is signed', () => ({ signs: ['assertion'] }), /other signatures/],
  ['signed with another key', ({ other }) => ({ key: other }), /signature/i],
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
    ({ audience }) => ({
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
    ({ audience }) => ({
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
  [
    'whose conditions have expired',
    ({ audience }) => ({ conditions: conditionsFor(audience, -200) }),
    /expired/,
  ],
  [
    'whose conditions are not met yet',
    ({ audience }) => ({ conditions: conditionsFor(audience, 100) }),
    /not yet valid/,
  ],
  ['whose confirmation has expired', () => ({ confirmationEnds: -40 }), /./],
  ['whose confirmation does not end', () => ({ confirmationEnds: null }), /./],
  ['of a sign-in to come', () => ({ authnInstant: 100 }), /signs in (99|100) s from now/],
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

const evil = (assertion: string) => assertion.replace(/ ID="[^"]*"/, ' ID="_evil"').replace('>ana<', '>root<')
/** Without its first signature. */
export const unsigned = (xml: string) => xml.replace(/<(?:ds:)?Signature .*?<\/(?:ds:)?Signature>/s, '')
const parts = (good: ResponseMaker['good']) => {
  const whole = good()
  const assertion = /<saml:Assertion.*<\/saml:Assertion>/s.exec(whole)?.[0] as string
  return {
    whole,
    assertion,
    bad: unsigned(evil(assertion)),
    signature: /<Signature .*?<\/Signature>/s.exec(assertion)?.[0] as string,
  }
}
/** XML signature wrapping, as SAMLRaider numbers it: what was signed is moved, and something else put in its place. */
export const wrappings: readonly [what: string, wrap: (at: ResponseMaker) => string][] = [
  [
    'XSW 1: the response in its own signature',
    ({ good }) => {
      const { whole } = parts(good)
      const outer = whole.replace(/ ID="[^"]*"/, ' ID="_evil"').replace('>ana<', '>root<')
      return outer.replace(
        '</Signature><samlp:Status',
        `<Object>${unsigned(whole)}</Object></Signature><samlp:Status`,
      )
    },
  ],
  [
    'XSW 2: the response before its signature',
    ({ good }) => {
      const { whole } = parts(good)
      const outer = whole.replace(/ ID="[^"]*"/, ' ID="_evil"').replace('>ana<', '>root<')
      return outer.replace('<Signature ', `${unsigned(whole)}<Signature `)
    },
  ],
  [
    'XSW 3: an assertion before the signed one',
    ({ good }) => {
      const { whole, assertion, bad } = parts(good)
      return whole.replace(assertion, bad + assertion)
    },
  ],
  [
    'XSW 4: the signed assertion in another one',
    ({ good }) => {
      const { whole, assertion, bad } = parts(good)
      return whole.replace(assertion, bad.replace('</saml:Assertion>', `${assertion}</saml:Assertion>`))
    },
  ],
  [
    'XSW 5: the signature in another assertion, the signed one after it',
    ({ good }) => {
      const { whole, assertion } = parts(good)
      return whole.replace(assertion, evil(assertion) + unsigned(assertion))
    },
  ],
  [
    'XSW 6: the signed assertion in the signature of another one',
    ({ good }) => {
      const { whole, assertion } = parts(good)
      return whole.replace(
        assertion,
        evil(assertion).replace('</Signature>', `${unsigned(assertion)}</Signature>`),
      )
    },
  ],
  [
    'XSW 7: another assertion in Extensions',
    ({ good }) => {
      const { whole, assertion, bad } = parts(good)
      return whole.replace(assertion, `<samlp:Extensions>${bad}</samlp:Extensions>${assertion}`)
    },
  ],
  [
    'XSW 8: the signed assertion in an Object',
    ({ good }) => {
      const { whole, assertion } = parts(good)
      return whole.replace(
        assertion,
        evil(assertion).replace('</Signature>', `<Object>${unsigned(assertion)}</Object></Signature>`),
      )
    },
  ],
  [
    'mixed: an unsigned assertion beside a signed one, in a signed response',
    ({ good }) => {
      const { bad } = parts(good)
      return good({
        alterResponse: (response) => response.replace('</samlp:Response>', `${bad}</samlp:Response>`),
      })
    },
  ],
]
