import {
  assertionNamespace,
  attributeOf,
  childrenOf,
  type Element,
  onlyChild,
  parseRoot,
  protocolNamespace,
  textOf,
} from './element.ts'
import { requirePlainXml } from './plain-xml.ts'
import { xmlOfRedirect } from './redirect-binding.ts'
import { decode, maxResponseChars, requireIssuer } from './response.ts'
import { requireSignedAlone, verifiedXml } from './signed-xml.ts'
import { requireFresh, requireNow } from './time.ts'

/** A provider's word that someone is out (SAML Core §3.7.1). */
export interface LogoutRequest {
  readonly id: string
  readonly nameId: string
  /** Which of its sessions; empty for all. */
  readonly sessionIndexes: readonly string[]
}

/** As it came: the field of a form (SAML Bindings §3.5), or a whole query (§3.4). */
export type LogoutMessage = { readonly form: string } | { readonly query: string }

interface LogoutRules {
  /** The provider's entityID. */
  readonly issuer: string
  /** PEM: any of them may have signed. */
  readonly certificates: readonly string[]
  readonly destination: string
  /** How far clocks may differ, in seconds. */
  readonly clockToleranceSeconds: number
}

/**
 * Verifies a logout request. Whether its id was used before is for the caller to find out.
 *
 * @throws Error with what is wrong, for the log only
 */
export async function verifyLogoutRequest(
  message: LogoutMessage,
  rules: LogoutRules,
): Promise<LogoutRequest> {
  const request =
    'form' in message ? await signedInside(message.form, rules) : await signedOutside(message.query, rules)
  return checkRequest(request, rules)
}

/** By the POST binding the signature is in the request. */
async function signedInside(encoded: string, { certificates }: LogoutRules): Promise<Element> {
  const xml = decode(encoded)
  requirePlainXml(xml, { maxChars: maxResponseChars })
  const received = await parseRoot(xml, protocolNamespace, 'LogoutRequest')
  requireSignedAlone(received, [received])
  return parseRoot(verifiedXml(xml, received, certificates), protocolNamespace, 'LogoutRequest')
}

/** By the Redirect binding it is in the query, and there is none in the request. */
async function signedOutside(query: string, { certificates }: LogoutRules): Promise<Element> {
  const xml = xmlOfRedirect(query, { certificates, maxChars: maxResponseChars })
  requirePlainXml(xml, { maxChars: maxResponseChars })
  const received = await parseRoot(xml, protocolNamespace, 'LogoutRequest')
  requireSignedAlone(received, [])
  return received
}

function checkRequest(request: Element, o: LogoutRules): LogoutRequest {
  const now = Date.now() / 1000
  const id = attributeOf(request, 'ID')
  if (!id) throw new Error('the request has no id')
  if (attributeOf(request, 'Version') !== '2.0') throw new Error('the request is of another version')
  if (attributeOf(request, 'Destination') !== o.destination)
    throw new Error('the request is for another destination')
  requireIssuer(request, o.issuer)
  requireFresh(attributeOf(request, 'IssueInstant'), now, o.clockToleranceSeconds)
  const notOnOrAfter = attributeOf(request, 'NotOnOrAfter')
  requireNow({ notBefore: null, notOnOrAfter }, now, o.clockToleranceSeconds)
  return {
    id,
    nameId: textOf(onlyChild(request, assertionNamespace, 'NameID')),
    sessionIndexes: childrenOf(request, protocolNamespace, 'SessionIndex').map(textOf),
  }
}
