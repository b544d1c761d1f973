import type { IncomingMessage } from 'node:http'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Credentials } from '../identity/authenticator.ts'

/**
 * What a request brings to say who it is from (RFC 6750 §2.1 and RFC 9449 §7.1, the header form only); null where it
 * brings nothing.
 *
 * @param publicUrl where callers reach the relay
 * @throws UNAUTHENTICATED where it brings something else, or several things
 */
export function credentialsOf(request: IncomingMessage, publicUrl: string): Credentials | null {
  const { authorization } = request.headers
  const proofs = proofsOf(request)
  if (authorization === undefined && proofs.length === 0) return null
  const match = /^(Bearer|DPoP) ([^\s,]+)$/i.exec(authorization ?? '')
  if (!match) throw refused('no token in a scheme that is known')
  if (proofs.length > 1) throw refused('more than one proof')
  return {
    scheme: match[1]?.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer',
    token: match[2] as string,
    proof: proofs[0] ?? null,
    method: request.method ?? '',
    // Only proofs are held against it.
    get url() {
      return new URL(request.url ?? '/', publicUrl).href
    },
  }
}

function refused(reason: string): JetwayError {
  return new JetwayError('UNAUTHENTICATED', {}, { cause: new Error(reason) })
}

/** The DPoP proofs of a request, as they came: Node would join several to one (RFC 9449 §4.3, number 1). */
export function proofsOf({ headers, rawHeaders }: IncomingMessage): string[] {
  if (headers.dpop === undefined) return []
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'dpop')
}
