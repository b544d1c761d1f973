import { SAML, ValidateInResponseTo } from '@node-saml/node-saml'
import {
  assertionNamespace,
  attributeOf,
  childrenOf,
  type Element,
  elementsOf,
  everyElement,
  onlyChild,
  parseRoot,
  protocolNamespace,
  textOf,
} from './element.ts'
import { requirePlainXml } from './plain-xml.ts'
import { requireSignedAlone, verifiedXml } from './signed-xml.ts'
import { requireFresh, requireNow, secondsOf } from './time.ts'

/** Of the XML, in characters. */
export const maxResponseChars = 262_144
export const success = 'urn:oasis:names:tc:SAML:2.0:status:Success'
const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer'
const transient = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'
const entityFormat = 'urn:oasis:names:tc:SAML:2.0:nameid-format:entity'
const knownConditions: ReadonlySet<string> = new Set([
  'AudienceRestriction',
  'OneTimeUse',
  'ProxyRestriction',
])

export interface ResponseRules {
  /** The provider's entityID. */
  readonly issuer: string
  /** PEM: any of them may have signed. */
  readonly certificates: readonly string[]
  /** This service provider's entityID. */
  readonly audience: string
  readonly acsUrl: string
  /** The ID of the request that it has to answer. */
  readonly requestId: string
  /** How far clocks may differ, in seconds. */
  readonly clockToleranceSeconds: number
}

/** What a response says that was signed and is for us. */
export interface VerifiedAssertion {
  readonly id: string
  /** From when on it is refused anyway, in seconds since the epoch. */
  readonly expires: number
  readonly nameId: string
  readonly nameIdFormat: string | null
  readonly sessionIndex: string | null
  /** Seconds since the epoch. */
  readonly authnInstant: number
  /** How: the AuthnContextClassRef. */
  readonly authnContext: string | null
  /** Until when the provider's session lasts; null where it does not say. Seconds since the epoch. */
  readonly sessionEnds: number | null
  readonly attributes: ReadonlyMap<string, readonly string[]>
}

/**
 * Verifies a response to a request of ours, by the Web Browser SSO Profile (SAML Profiles §4.1.4) and stricter: response
 * and assertion are each signed, and all that counts is read from what was signed. Whether the request and the assertion
 * have been used before is for the caller to find out.
 *
 * @param encoded as the POST binding carries it
 * @throws Error with what is wrong, for the log only
 */
export async function verifyResponse(encoded: string, rules: ResponseRules): Promise<VerifiedAssertion> {
  const xml = decode(encoded)
  requirePlainXml(xml, { maxChars: maxResponseChars })
  const received = await parseRoot(xml, protocolNamespace, 'Response')
  requireSignedAlone(received, [received, onlyAssertion(received)])
  await validate(xml, rules)

  const now = Date.now() / 1000
  const response = await parseRoot(
    verifiedXml(xml, received, rules.certificates),
    protocolNamespace,
    'Response',
  )
  const signed = verifiedXml(xml, onlyAssertion(received), rules.certificates)
  const assertion = await parseRoot(signed, assertionNamespace, 'Assertion')
  if (attributeOf(onlyAssertion(response), 'ID') !== attributeOf(assertion, 'ID'))
    throw new Error('the signed response has another assertion')
  checkResponse(response, rules, now)
  return checkAssertion(assertion, rules, now)
}

/** @throws Error unless it is Base64 of UTF-8 */
export function decode(encoded: string): string {
  const compact = encoded.replace(/[\r\n]/g, '')
  if (compact.length > (maxResponseChars * 4) / 3 + 4) throw new Error('it is too large')
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) throw new Error('it is not Base64')
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(compact, 'base64'))
}

/** The one assertion: nothing encrypted, none anywhere else. */
function onlyAssertion(response: Element): Element {
  const all = [...everyElement(response)]
  const encrypted = all.find(({ localName }) => /^Encrypted(Assertion|ID|Attribute)$/.test(localName))
  if (encrypted)
    throw new Error(`there is an ${encrypted.localName}: the provider has to send it without encryption`)
  const assertions = all.filter(({ localName }) => localName === 'Assertion')
  // Nobody may have signed it: for the log it will do.
  if (assertions.length === 0)
    throw new Error(`there is no assertion, and it says ${statusCodes(response).join(' ').slice(0, 400)}`)
  if (assertions.length !== 1) throw new Error('there is not exactly one assertion')
  return onlyChild(response, assertionNamespace, 'Assertion')
}

/** What node-saml holds against it: both signatures, the audience, the times. */
async function validate(xml: string, rules: ResponseRules): Promise<void> {
  const saml = new SAML({
    idpCert: [...rules.certificates],
    issuer: rules.audience,
    audience: rules.audience,
    callbackUrl: rules.acsUrl,
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: true,
    // Our store knows that, and takes an id only once.
    validateInResponseTo: ValidateInResponseTo.never,
    acceptedClockSkewMs: rules.clockToleranceSeconds * 1000,
    maxAssertionAgeMs: 300_000,
  })
  const { profile } = await saml.validatePostResponseAsync({
    SAMLResponse: Buffer.from(xml, 'utf8').toString('base64'),
  })
  if (!profile) throw new Error('there is nobody in it')
}

function checkResponse(response: Element, rules: ResponseRules, now: number): void {
  checkAnswer(response, rules, now)
  const [status] = statusCodes(response)
  if (status !== success) throw new Error(`the provider says ${status?.slice(0, 200)}`)
}

/** Whether it answers the request, here, now, whatever it says. @throws Error */
export function checkAnswer(response: Element, rules: ResponseRules, now: number): void {
  if (attributeOf(response, 'Version') !== '2.0') throw new Error('the response is of another version')
  if (attributeOf(response, 'Destination') !== rules.acsUrl)
    throw new Error('the response is for another destination')
  if (attributeOf(response, 'InResponseTo') !== rules.requestId)
    throw new Error('the response is to another request')
  requireIssuer(response, rules.issuer)
  requireFresh(attributeOf(response, 'IssueInstant'), now, rules.clockToleranceSeconds)
}

/** The status and what is under it (SAML Core §3.2.2.2), first the one that counts. @throws Error where there is none */
export function statusCodes(response: Element): string[] {
  const status = onlyChild(response, protocolNamespace, 'Status')
  const top = onlyChild(status, protocolNamespace, 'StatusCode')
  return [top, ...childrenOf(top, protocolNamespace, 'StatusCode')].map(
    (code) => attributeOf(code, 'Value') ?? '',
  )
}

function checkAssertion(assertion: Element, rules: ResponseRules, now: number): VerifiedAssertion {
  const { clockToleranceSeconds } = rules
  if (attributeOf(assertion, 'Version') !== '2.0') throw new Error('the assertion is of another version')
  requireIssuer(assertion, rules.issuer)
  requireFresh(attributeOf(assertion, 'IssueInstant'), now, clockToleranceSeconds)
  const subject = onlyChild(assertion, assertionNamespace, 'Subject')
  const nameId = onlyChild(subject, assertionNamespace, 'NameID')
  if (attributeOf(nameId, 'Format') === transient)
    throw new Error('the NameID is transient: it is another one each time')
  const confirmed = checkConfirmation(
    onlyChild(subject, assertionNamespace, 'SubjectConfirmation'),
    rules,
    now,
  )
  checkConditions(onlyChild(assertion, assertionNamespace, 'Conditions'), rules, now)
  const [statement, ...others] = childrenOf(assertion, assertionNamespace, 'AuthnStatement')
  if (!statement || others.length > 0) throw new Error('there is not exactly one AuthnStatement')
  const sessionEnds = attributeOf(statement, 'SessionNotOnOrAfter')
  requireNow({ notBefore: null, notOnOrAfter: sessionEnds }, now, clockToleranceSeconds)
  const authnInstant = secondsOf(attributeOf(statement, 'AuthnInstant'))
  // It would stay fresh for as long as it is ahead.
  if (authnInstant > now + clockToleranceSeconds)
    throw new Error(`someone signs in ${Math.round(authnInstant - now)} s from now`)
  const [context, ...contexts] = childrenOf(statement, assertionNamespace, 'AuthnContext').flatMap((one) =>
    childrenOf(one, assertionNamespace, 'AuthnContextClassRef'),
  )
  if (contexts.length > 0) throw new Error('there is more than one AuthnContextClassRef')
  return {
    id: attributeOf(assertion, 'ID') as string,
    expires: Math.ceil(confirmed + clockToleranceSeconds),
    nameId: textOf(nameId),
    nameIdFormat: attributeOf(nameId, 'Format'),
    sessionIndex: attributeOf(statement, 'SessionIndex'),
    authnInstant: Math.floor(authnInstant),
    authnContext: context ? textOf(context) : null,
    sessionEnds: sessionEnds === null ? null : Math.floor(secondsOf(sessionEnds)),
    attributes: attributesOf(assertion),
  }
}

export function requireIssuer(element: Element, expected: string): void {
  const issuer = onlyChild(element, assertionNamespace, 'Issuer')
  const format = attributeOf(issuer, 'Format') ?? entityFormat
  if (format !== entityFormat || textOf(issuer) !== expected)
    throw new Error(`the ${element.localName} is of another issuer`)
}

/** @returns until when it holds, in seconds since the epoch */
function checkConfirmation(confirmation: Element, rules: ResponseRules, now: number): number {
  if (attributeOf(confirmation, 'Method') !== bearer)
    throw new Error('the subject is confirmed in another way')
  const data = onlyChild(confirmation, assertionNamespace, 'SubjectConfirmationData')
  if (attributeOf(data, 'Recipient') !== rules.acsUrl)
    throw new Error('the assertion is for another recipient')
  if (attributeOf(data, 'InResponseTo') !== rules.requestId)
    throw new Error('the assertion is for another request')
  const notOnOrAfter = attributeOf(data, 'NotOnOrAfter')
  requireNow({ notBefore: attributeOf(data, 'NotBefore'), notOnOrAfter }, now, rules.clockToleranceSeconds)
  return secondsOf(notOnOrAfter)
}

/** SAML Core §2.5.1: a condition that is not understood is not met. */
function checkConditions(conditions: Element, rules: ResponseRules, now: number): void {
  const [notBefore, notOnOrAfter] = [
    attributeOf(conditions, 'NotBefore'),
    attributeOf(conditions, 'NotOnOrAfter'),
  ]
  requireNow({ notBefore, notOnOrAfter }, now, rules.clockToleranceSeconds)
  const unknown = elementsOf(conditions).find(
    ({ namespaceURI, localName }) => namespaceURI !== assertionNamespace || !knownConditions.has(localName),
  )
  if (unknown) throw new Error(`the condition ${unknown.localName} is not known`)
  const restrictions = childrenOf(conditions, assertionNamespace, 'AudienceRestriction')
  const isForUs = (restriction: Element) =>
    childrenOf(restriction, assertionNamespace, 'Audience').some(
      (audience) => textOf(audience) === rules.audience,
    )
  if (restrictions.length === 0 || !restrictions.every(isForUs)) throw new Error('it is for another audience')
}

/** By name; several of one name, and several values, are all of them. What is not plain text is left out. */
function attributesOf(assertion: Element): ReadonlyMap<string, readonly string[]> {
  const attributes = new Map<string, string[]>()
  for (const statement of childrenOf(assertion, assertionNamespace, 'AttributeStatement')) {
    for (const attribute of childrenOf(statement, assertionNamespace, 'Attribute')) {
      const name = attributeOf(attribute, 'Name') ?? ''
      const values = childrenOf(attribute, assertionNamespace, 'AttributeValue')
        .filter((value) => elementsOf(value).length === 0)
        .map(({ textContent }) => textContent)
      attributes.set(name, [...(attributes.get(name) ?? []), ...values])
    }
  }
  return attributes
}
