import { verify } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'

/** RSA with SHA-256 or better (RFC 9231 §2.3), by the hash's name here. */
const signatureAlgorithms: ReadonlyMap<string, string> = new Map([
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha384', 'sha384'],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha512', 'sha512'],
])
const deflate = 'urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE'
const names: ReadonlySet<string> = new Set([
  'SAMLRequest',
  'RelayState',
  'SigAlg',
  'Signature',
  'SAMLEncoding',
])

/**
 * The XML of a request that came signed by the HTTP-Redirect binding (SAML Bindings §3.4.4.1). What is signed is the query
 * as it was received: to write it anew could make something else of it.
 *
 * @param query without its question mark, as it was received
 * @param o.certificates PEM, of RSA keys: any of them may have signed
 * @throws Error with what is wrong, for the log only
 */
export function xmlOfRedirect(
  query: string,
  o: { certificates: readonly string[]; maxChars: number },
): string {
  const raw = rawParameters(query)
  const [request, algorithm, signature] = ['SAMLRequest', 'SigAlg', 'Signature'].map((name) => raw.get(name))
  if (request === undefined || algorithm === undefined || signature === undefined)
    throw new Error('the request is not signed')
  const hash = signatureAlgorithms.get(decodeURIComponent(algorithm))
  if (hash === undefined) throw new Error('a signature is made in a way that is not accepted')
  if (decodeURIComponent(raw.get('SAMLEncoding') ?? deflate) !== deflate)
    throw new Error('the request is encoded in another way')
  const relayState = raw.get('RelayState')
  const signed = [
    `SAMLRequest=${request}`,
    ...(relayState === undefined ? [] : [`RelayState=${relayState}`]),
    `SigAlg=${algorithm}`,
  ].join('&')
  const bytes = base64Of(signature)
  if (!o.certificates.some((certificate) => verify(hash, Buffer.from(signed), certificate, bytes)))
    throw new Error('the signature is none of the provider’s')
  const inflated = inflateRawSync(base64Of(request), { maxOutputLength: o.maxChars })
  return new TextDecoder('utf-8', { fatal: true }).decode(inflated)
}

/** Each once, and none but those of the binding. */
function rawParameters(query: string): ReadonlyMap<string, string> {
  const raw = new Map<string, string>()
  for (const pair of query.split('&')) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(pair) ?? []
    if (!names.has(name) || raw.has(name))
      throw new Error('a parameter is none of the binding’s, or there twice')
    raw.set(name, value)
  }
  return raw
}

function base64Of(value: string): Buffer {
  const text = decodeURIComponent(value).replace(/[\r\n]/g, '')
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw new Error('it is not Base64')
  return Buffer.from(text, 'base64')
}
