import { everyElement, parseRoot, protocolNamespace, signatureNamespace } from './element.ts'
import { requirePlainXml } from './plain-xml.ts'
import {
  checkAnswer,
  decode,
  maxResponseChars,
  type ResponseRules,
  statusCodes,
  success,
} from './response.ts'
import { requireSignedAlone, verifiedXml } from './signed-xml.ts'

/** What a client is told that gets no code (RFC 6749 §4.1.2.1). */
export interface Refusal {
  readonly error: string
  readonly description: string
}

const status = 'urn:oasis:names:tc:SAML:2.0:status:'

/**
 * The provider's no to a request of ours, when it signed it: the person has been denied, has given up, or cannot sign in
 * in the way that was asked for.
 *
 * @param encoded as the POST binding carries it
 * @returns null for every response that has an assertion, or no signature: those are for `verifyResponse`
 * @throws Error with what is wrong with it, for the log only
 */
export async function refusalOf(encoded: string, rules: ResponseRules): Promise<Refusal | null> {
  const xml = decode(encoded)
  requirePlainXml(xml, { maxChars: maxResponseChars })
  const received = await parseRoot(xml, protocolNamespace, 'Response')
  const all = [...everyElement(received)]
  const isSigned = all.some((one) => one.namespaceURI === signatureNamespace && one.localName === 'Signature')
  if (!isSigned || all.some(({ localName }) => localName.endsWith('Assertion'))) return null
  requireSignedAlone(received, [received])
  const response = await parseRoot(
    verifiedXml(xml, received, rules.certificates),
    protocolNamespace,
    'Response',
  )
  checkAnswer(response, rules, Date.now() / 1000)
  const codes = statusCodes(response)
  return codes[0] === success ? null : tellingOf(codes)
}

function tellingOf(codes: readonly string[]): Refusal {
  if (codes.includes(`${status}NoAuthnContext`))
    return {
      // OpenID Connect Core Unmet Authentication Requirements 1.0
      error: 'unmet_authentication_requirements',
      description: 'The provider cannot sign you in as is asked for here.',
    }
  // Its own words for what is known, and none of what anybody may write.
  const known = codes.filter((code) => code.startsWith(status)).map((code) => code.slice(status.length))
  const last = known.filter((name) => /^[A-Za-z]{1,40}$/.test(name)).at(-1)
  return {
    error: 'access_denied',
    description: `The provider did not sign you in${last === undefined ? '' : ` (${last})`}.`,
  }
}
