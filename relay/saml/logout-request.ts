import {
  assertionNamespace,
  attributeOf,
  childrenOf,
  onlyChild,
  parseRoot,
  protocolNamespace,
  textOf,
} from './element.ts'
import { requirePlainXml } from './plain-xml.ts'
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

/**
 * Verifies a logout request that came by the POST binding. Whether its id was used before is for the caller to find out.
 *
 * @throws Error with what is wrong, for the log only
 */
export async function verifyLogoutRequest(
  encoded: string,
  o: {
    issuer: string
    certificates: readonly string[]
    destination: string
    clockToleranceSeconds: number
  },
): Promise<LogoutRequest> {
  const xml = decode(encoded)
  requirePlainXml(xml, { maxChars: maxResponseChars })
  const received = await parseRoot(xml, protocolNamespace, 'LogoutRequest')
  requireSignedAlone(received, [received])
  const request = await parseRoot(
    verifiedXml(xml, received, o.certificates),
    protocolNamespace,
    'LogoutRequest',
  )
  const now = Date.now() / 1000
  if (attributeOf(request, 'Version') !== '2.0') throw new Error('the request is of another version')
  if (attributeOf(request, 'Destination') !== o.destination)
    throw new Error('the request is for another destination')
  requireIssuer(request, o.issuer)
  requireFresh(attributeOf(request, 'IssueInstant'), now, o.clockToleranceSeconds)
  const notOnOrAfter = attributeOf(request, 'NotOnOrAfter')
  requireNow({ notBefore: null, notOnOrAfter }, now, o.clockToleranceSeconds)
  return {
    id: attributeOf(request, 'ID') as string,
    nameId: textOf(onlyChild(request, assertionNamespace, 'NameID')),
    sessionIndexes: childrenOf(request, protocolNamespace, 'SessionIndex').map(textOf),
  }
}
