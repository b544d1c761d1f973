import { getVerifiedXml } from '@node-saml/node-saml/lib/xml.js'
import {
  attributeOf,
  childrenOf,
  type Element,
  elementsOf,
  everyElement,
  onlyChild,
  signatureNamespace,
} from './element.ts'

/** SHA-256 or better, RSA (RFC 9231 §2.3). What else xml-crypto could do is SHA-1 or HMAC. */
const signatureMethods: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
])
const digestMethods: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmlenc#sha512',
])
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const transforms: ReadonlySet<string> = new Set([
  'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
  exclusive,
])
const parts: ReadonlySet<string> = new Set(['SignedInfo', 'SignatureValue', 'KeyInfo'])

/**
 * Refuses a document that is signed in another way than each of `signed` by itself, once, by an enveloped signature
 * (SAML Core §5.4), so that nothing can be wrapped, moved or left unsigned.
 *
 * @throws Error with what is wrong, for the log only
 */
export function requireSignedAlone(root: Element, signed: readonly Element[]): void {
  const ids = new Set<string>()
  const signatures: Element[] = []
  for (const element of everyElement(root)) {
    for (const { name, value } of Array.from(element.attributes)) {
      if (!/^(xml:)?id$/i.test(name)) continue
      if (name !== 'ID' || ids.has(value)) throw new Error('an id stands twice, or is none of SAML’s')
      ids.add(value)
    }
    if (element.namespaceURI === signatureNamespace && element.localName === 'Signature')
      signatures.push(element)
  }
  if (signatures.length !== signed.length) throw new Error('there are other signatures than there should be')
  for (const element of signed) {
    const signature = onlyChild(element, signatureNamespace, 'Signature')
    requireStrong(signature)
    const reference = onlyChild(
      onlyChild(signature, signatureNamespace, 'SignedInfo'),
      signatureNamespace,
      'Reference',
    )
    const id = attributeOf(element, 'ID')
    if (!id || attributeOf(reference, 'URI') !== `#${id}`)
      throw new Error('a signature is for something else')
  }
}

function requireStrong(signature: Element): void {
  if (
    elementsOf(signature).some(
      ({ namespaceURI, localName }) => namespaceURI !== signatureNamespace || !parts.has(localName),
    )
  )
    throw new Error('a signature has more than it should')
  const info = onlyChild(signature, signatureNamespace, 'SignedInfo')
  const reference = onlyChild(info, signatureNamespace, 'Reference')
  const algorithm = (parent: Element, name: string) =>
    attributeOf(onlyChild(parent, signatureNamespace, name), 'Algorithm') ?? ''
  const used = childrenOf(
    onlyChild(reference, signatureNamespace, 'Transforms'),
    signatureNamespace,
    'Transform',
  )
  if (
    !signatureMethods.has(algorithm(info, 'SignatureMethod')) ||
    !digestMethods.has(algorithm(reference, 'DigestMethod')) ||
    algorithm(info, 'CanonicalizationMethod') !== exclusive ||
    used.some((transform) => !transforms.has(attributeOf(transform, 'Algorithm') ?? ''))
  )
    throw new Error('a signature is made in a way that is not accepted')
}

/**
 * The bytes of an element that were signed.
 *
 * @param certificates PEM
 * @throws Error when none of them has signed it
 */
export function verifiedXml(xml: string, element: Element, certificates: readonly string[]): string {
  const verified = getVerifiedXml(xml, element as never, [...certificates])
  if (verified === null) throw new Error('the signature is none of the provider’s')
  return verified
}
