import { X509Certificate } from 'node:crypto'
import { weaknessOf } from '../identity/key-strength.ts'
import {
  attributeOf,
  childrenOf,
  type Element,
  everyElement,
  metadataNamespace,
  parseRoot,
  protocolNamespace,
  signatureNamespace,
} from './element.ts'
import { requirePlainXml } from './plain-xml.ts'
import { secondsOf } from './time.ts'

/** Of the XML, in characters. */
export const maxMetadataChars = 1_048_576
const redirectBinding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'

/** What a provider says of itself (SAML Metadata §2.4.3). */
export interface ProviderMetadata {
  readonly ssoUrl: string
  /** Where it is told of logouts, and where its own are answered; null where it has no such place. */
  readonly logoutUrl: string | null
  readonly logoutResponseUrl: string | null
  /** Whether it says so of all; Keycloak does, and heeds what is set for each service provider. */
  readonly wantsSignedRequests: boolean
  /** PEM. Several while keys are rolled over. */
  readonly certificates: readonly string[]
  /** Why others that are there cannot be used, each to be read after a colon. */
  readonly unusable: readonly string[]
}

/**
 * Reads a provider's metadata.
 *
 * @throws Error with what is missing, fit for whoever runs the relay
 */
export async function parseProviderMetadata(xml: string, entityId: string): Promise<ProviderMetadata> {
  requirePlainXml(xml, { maxChars: maxMetadataChars, comments: true })
  const root = await parseRoot(xml, metadataNamespace, 'EntityDescriptor', 'EntitiesDescriptor')
  const entity = [...everyElement(root)].find(
    (element) => isOf(element, 'EntityDescriptor') && attributeOf(element, 'entityID') === entityId,
  )
  if (!entity) throw new Error(`the metadata are not of ${entityId}`)
  const role = childrenOf(entity, metadataNamespace, 'IDPSSODescriptor').find((one) =>
    (attributeOf(one, 'protocolSupportEnumeration') ?? '').split(/\s+/).includes(protocolNamespace),
  )
  if (!role) throw new Error('the metadata are of no SAML 2.0 provider')
  for (const element of [root, entity, role]) {
    const until = attributeOf(element, 'validUntil')
    if (until !== null && secondsOf(until) <= Date.now() / 1000) throw new Error('the metadata have expired')
  }
  const { certificates, unusable } = certificatesOf(role)
  const ssoUrl = redirectEndpoint(role, 'SingleSignOnService', 'Location')
  if (ssoUrl === null) throw new Error('the metadata have no SingleSignOnService for redirects')
  const logoutUrl = redirectEndpoint(role, 'SingleLogoutService', 'Location')
  return {
    ssoUrl,
    logoutUrl,
    logoutResponseUrl: redirectEndpoint(role, 'SingleLogoutService', 'ResponseLocation') ?? logoutUrl,
    wantsSignedRequests: /^(true|1)$/.test(attributeOf(role, 'WantAuthnRequestsSigned') ?? ''),
    certificates,
    unusable,
  }
}

function isOf({ namespaceURI, localName }: Element, name: string): boolean {
  return namespaceURI === metadataNamespace && localName === name
}

/** @throws Error where none can be used */
function certificatesOf(role: Element): Pick<ProviderMetadata, 'certificates' | 'unusable'> {
  const all = childrenOf(role, metadataNamespace, 'KeyDescriptor')
    .filter((key) => attributeOf(key, 'use') !== 'encryption')
    .flatMap((key) => [...everyElement(key)])
    .filter((one) => one.namespaceURI === signatureNamespace && one.localName === 'X509Certificate')
    .map(({ textContent }) => new X509Certificate(Buffer.from(textContent, 'base64')))
    .map((certificate) => ({ pem: certificate.toString(), fault: faultOf(certificate) }))
  const certificates = all.filter(({ fault }) => fault === null).map(({ pem }) => pem)
  const unusable = all.flatMap(({ fault }) => fault ?? [])
  if (certificates.length > 0) return { certificates, unusable }
  const why = unusable.length === 0 ? '' : ` that can be used: ${unusable.join('; ')}`
  throw new Error(`the metadata have no certificate for signatures${why}`)
}

/** Why a certificate cannot be used, to be read after a colon; null where it can. */
function faultOf({ publicKey, validFromDate, validToDate }: X509Certificate): string | null {
  const now = new Date()
  // xml-crypto verifies no others.
  if (publicKey.asymmetricKeyType !== 'rsa') return `${publicKey.asymmetricKeyType}, and only RSA is taken`
  if (validFromDate > now) return `valid from ${validFromDate.toISOString()}`
  if (validToDate <= now) return `valid until ${validToDate.toISOString()}`
  return weaknessOf(publicKey)
}

function redirectEndpoint(role: Element, name: string, attribute: string): string | null {
  const [found] = childrenOf(role, metadataNamespace, name)
    .filter((endpoint) => attributeOf(endpoint, 'Binding') === redirectBinding)
    .map((endpoint) => attributeOf(endpoint, attribute))
    .filter((location) => location !== null)
  if (found === undefined) return null
  if (!/^https?:$/.test(new URL(found).protocol)) throw new Error(`${name} is no web address`)
  return found
}
