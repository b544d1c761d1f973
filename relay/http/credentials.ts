import type { IncomingMessage } from 'node:http'
import type { Credentials } from '../identity/authenticator.ts'

/**
 * What a request brings to say who it is from (RFC 6750 §2.1 and RFC 9449 §7.1, the header form only); null where it
 * brings nothing, or several things.
 *
 * @param publicUrl where callers reach the relay
 */
export function credentialsOf(request: IncomingMessage, publicUrl: string): Credentials | null {
  const { authorization = '', dpop } = request.headers
  const match = /^(Bearer|DPoP) ([^\s,]+)$/i.exec(authorization)
  if (!match) return null
  return {
    scheme: match[1]?.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer',
    token: match[2] as string,
    proof: typeof dpop === 'string' ? dpop : null,
    method: request.method ?? '',
    url: new URL(request.url ?? '/', publicUrl).href,
  }
}
