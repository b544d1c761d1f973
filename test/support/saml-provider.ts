import { randomBytes, sign as signBytes } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { signXml } from '@node-saml/node-saml/lib/xml.js'
import { generate } from 'selfsigned'

export const entityId = 'https://idp.example.com/saml'

export const passwordContext = 'urn:oasis:names:tc:SAML:2.0:ac:classes:Password'

/** A key that signs assertions, and its certificate. */
export interface SamlKey {
  readonly privateKey: string
  readonly certificate: string
}

/**
 * @param keySize of RSA; null for a key on P-256
 * @param validDays negative for one that has expired
 */
export async function makeSamlKey(keySize: number | null = 2048, validDays = 30): Promise<SamlKey> {
  const now = Date.now()
  const made = await generate([{ name: 'commonName', value: 'idp.example.com' }], {
    ...(keySize === null ? { keyType: 'ec', curve: 'P-256' } : { keyType: 'rsa', keySize }),
    algorithm: 'sha256',
    notBeforeDate: new Date(now - 60 * 86_400_000),
    notAfterDate: new Date(now + validDays * 86_400_000),
  })
  return { privateKey: made.private, certificate: made.cert }
}

/** What a response says. Null leaves it out. */
export interface ResponseParts {
  readonly acsUrl: string
  readonly audience: string
  readonly requestId: string
  readonly nameId: string
  readonly assertionId: string
  readonly attributes: Readonly<Record<string, readonly string[]>>
  /** In seconds; added to the clock. */
  readonly skew: number
  readonly version: string
  readonly destination: string | null
  readonly recipient: string | null
  readonly responseTo: string | null
  readonly confirmationTo: string | null
  readonly responseIssuer: string | null
  readonly assertionIssuer: string | null
  readonly status: string
  readonly method: string
  readonly confirmationEnds: number | null
  readonly conditions: string | null
  readonly sessionEnds: number | null
  readonly nameIdFormat: string
  /** When they signed in, in seconds from now. */
  readonly authnInstant: number
  /** How: the AuthnContextClassRef. */
  readonly authnContext: string
  /** Sees the assertion, then the response, before each is signed. */
  readonly alterAssertion: (xml: string) => string
  readonly alterResponse: (xml: string) => string
  readonly signs: readonly ('assertion' | 'response')[]
  readonly key: SamlKey
  readonly algorithm: 'sha1' | 'sha256' | 'sha512'
  readonly digest: 'sha1' | 'sha256' | 'sha512'
}

const assertionNs = 'urn:oasis:names:tc:SAML:2.0:assertion'
const protocolNs = 'urn:oasis:names:tc:SAML:2.0:protocol'
const keep = (xml: string) => xml

/** A SAML 2.0 provider's answer, good but for what is given; XML. */
export function samlResponse(
  o: Pick<ResponseParts, 'acsUrl' | 'audience' | 'requestId' | 'key'> & Partial<ResponseParts>,
): string {
  const all: ResponseParts = {
    nameId: 'ana',
    assertionId: newId(),
    attributes: { email: ['ana@example.com'], groups: ['data-eng', 'analysts'] },
    skew: 0,
    version: '2.0',
    destination: o.acsUrl,
    recipient: o.acsUrl,
    responseTo: o.requestId,
    confirmationTo: o.requestId,
    responseIssuer: entityId,
    assertionIssuer: entityId,
    status: 'urn:oasis:names:tc:SAML:2.0:status:Success',
    method: 'urn:oasis:names:tc:SAML:2.0:cm:bearer',
    confirmationEnds: 120,
    conditions: conditionsFor(o.audience, o.skew ?? 0),
    sessionEnds: 3600,
    nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
    authnInstant: o.skew ?? 0,
    authnContext: passwordContext,
    alterAssertion: keep,
    alterResponse: keep,
    signs: ['assertion', 'response'],
    algorithm: 'sha256',
    digest: 'sha256',
    ...o,
  }
  const plain = all.alterAssertion(assertionOf(all))
  const assertion = all.signs.includes('assertion') ? sign(plain, 'Assertion', all) : plain
  const response = all.alterResponse(responseOf(all, assertion))
  return all.signs.includes('response') ? sign(response, 'Response', all) : response
}

export function conditionsFor(audience: string, skew = 0): string {
  return `<saml:Conditions NotBefore="${time(skew - 1)}" NotOnOrAfter="${time(skew + 120)}"><saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>`
}

/** @param seconds from now */
export function time(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString()
}

export function newId(): string {
  return `_${randomBytes(16).toString('hex')}`
}

/** A SAML 2.0 provider's metadata, XML. */
export function samlMetadata(
  ssoUrl: string,
  keys: readonly SamlKey[],
  o: { role?: string; entity?: string; more?: string } = {},
): string {
  const certificates = keys.map(
    ({ certificate }) =>
      `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${certificate.replace(/-----[A-Z ]+-----|\n/g, '')}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`,
  )
  return `<?xml version="1.0"?><!-- made for a test -->
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}" ${o.entity ?? ''}><md:IDPSSODescriptor protocolSupportEnumeration="${protocolNs}" ${o.role ?? ''}>${certificates.join('')}${o.more ?? ''}<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${ssoUrl}"/></md:IDPSSODescriptor></md:EntityDescriptor>`
}

export interface LogoutParts {
  readonly id: string
  readonly nameId: string
  readonly sessionIndex: string | null
  readonly issuer: string
  readonly at: string
  readonly ends: string
  readonly version: string
}

/** A provider's word that someone is out, XML, which nobody has signed yet. */
export function samlLogoutRequest(destination: string, o: Partial<LogoutParts> = {}): string {
  const all: LogoutParts = {
    id: newId(),
    nameId: 'ana',
    sessionIndex: 'session-1',
    issuer: entityId,
    at: time(0),
    ends: time(60),
    version: '2.0',
    ...o,
  }
  const session =
    all.sessionIndex === null ? '' : `<samlp:SessionIndex>${all.sessionIndex}</samlp:SessionIndex>`
  return `<samlp:LogoutRequest xmlns:samlp="${protocolNs}" xmlns:saml="${assertionNs}" ID="${all.id}" Version="${all.version}" IssueInstant="${all.at}" NotOnOrAfter="${all.ends}" Destination="${destination}">${issuer(all.issuer)}<saml:NameID>${all.nameId}</saml:NameID>${session}</samlp:LogoutRequest>`
}

/** A request as the Redirect binding carries it: its parameters, each encoded, with the signature over them. */
export interface SignedQuery {
  readonly SAMLRequest: string
  readonly RelayState: string
  readonly SigAlg: string
  readonly Signature: string
}

export function signedQuery(
  xml: string | Buffer,
  { privateKey }: Pick<SamlKey, 'privateKey'>,
  o: { hash?: string; algorithm?: string; relayState?: string; encode?: (text: string) => string } = {},
): SignedQuery {
  const { hash = 'sha256', encode = encodeURIComponent } = o
  const request = encode((typeof xml === 'string' ? deflateRawSync(xml) : xml).toString('base64'))
  const relayState = encode(o.relayState ?? 'theirs')
  const algorithm = encode(o.algorithm ?? `http://www.w3.org/2001/04/xmldsig-more#rsa-${hash}`)
  const signed = `SAMLRequest=${request}&RelayState=${relayState}&SigAlg=${algorithm}`
  const signature = signBytes(hash, Buffer.from(signed), privateKey).toString('base64')
  return { SAMLRequest: request, RelayState: relayState, SigAlg: algorithm, Signature: encode(signature) }
}

export function queryOf(parameters: Partial<SignedQuery>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function assertionOf(o: ResponseParts): string {
  const attributes = Object.entries(o.attributes).map(
    ([name, values]) =>
      `<saml:Attribute Name="${name}">${values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join('')}</saml:Attribute>`,
  )
  const ends = o.confirmationEnds === null ? null : time(o.skew + o.confirmationEnds)
  const data = `${attribute('Recipient', o.recipient)}${attribute('InResponseTo', o.confirmationTo)}${attribute('NotOnOrAfter', ends)}`
  const sessionEnds = o.sessionEnds === null ? null : time(o.skew + o.sessionEnds)
  return `<saml:Assertion xmlns:saml="${assertionNs}" ID="${o.assertionId}" Version="${o.version}" IssueInstant="${time(o.skew)}">${issuer(o.assertionIssuer)}<saml:Subject><saml:NameID Format="${o.nameIdFormat}">${o.nameId}</saml:NameID><saml:SubjectConfirmation Method="${o.method}"><saml:SubjectConfirmationData${data}/></saml:SubjectConfirmation></saml:Subject>${o.conditions ?? ''}<saml:AuthnStatement AuthnInstant="${time(o.authnInstant)}" SessionIndex="session-1"${attribute('SessionNotOnOrAfter', sessionEnds)}><saml:AuthnContext><saml:AuthnContextClassRef>${o.authnContext}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>${attributes.join('')}</saml:AttributeStatement></saml:Assertion>`
}

function responseOf(o: ResponseParts, assertion: string): string {
  return `<samlp:Response xmlns:samlp="${protocolNs}" xmlns:saml="${assertionNs}" ID="${newId()}" Version="${o.version}" IssueInstant="${time(o.skew)}"${attribute('Destination', o.destination)}${attribute('InResponseTo', o.responseTo)}>${issuer(o.responseIssuer)}<samlp:Status><samlp:StatusCode Value="${o.status}"/></samlp:Status>${assertion}</samlp:Response>`
}

function issuer(name: string | null): string {
  return name === null ? '' : `<saml:Issuer>${name}</saml:Issuer>`
}

function attribute(name: string, value: string | null): string {
  return value === null ? '' : ` ${name}="${value}"`
}

/** An enveloped signature over the element of this name, after its Issuer, or first in it. */
export function sign(
  xml: string,
  name: string,
  { key, algorithm, digest }: Pick<ResponseParts, 'key' | 'algorithm' | 'digest'>,
): string {
  const at = `//*[local-name(.)='${name}']`
  const hasIssuer = new RegExp(`<\\w+:${name} [^>]*><saml:Issuer`).test(xml)
  const location = hasIssuer
    ? ({ reference: `${at}/*[local-name(.)='Issuer']`, action: 'after' } as const)
    : ({ reference: at, action: 'prepend' } as const)
  return signXml(xml, at, location, {
    privateKey: key.privateKey,
    publicCert: key.certificate,
    signatureAlgorithm: algorithm,
    digestAlgorithm: digest,
  })
}
