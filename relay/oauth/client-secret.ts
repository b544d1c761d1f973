import type { IncomingMessage } from 'node:http'
import { OAuthError } from './oauth-error.ts'

/**
 * The id and secret that a client brings, in its header or in the form, not both (RFC 6749 §2.3.1).
 *
 * @throws OAuthError when it brings none, or brings it twice
 */
export function clientSecretOf(
  parameters: ReadonlyMap<string, string>,
  { headers }: IncomingMessage,
): { clientId: string; secret: string } {
  const inForm = parameters.get('client_secret')
  if (headers.authorization === undefined) {
    const clientId = parameters.get('client_id')
    if (clientId === undefined || inForm === undefined)
      throw new OAuthError('invalid_client', 'There is no client_id, or no client_secret.')
    return { clientId, secret: inForm }
  }
  if (inForm !== undefined) throw new OAuthError('invalid_request', 'The secret is there twice.')
  const [, encoded] = /^Basic ([A-Za-z0-9+/]{1,4096}={0,2})$/i.exec(headers.authorization) ?? []
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8')) ?? []
  const clientId = id === undefined ? null : formDecoded(id)
  const decoded = secret === undefined ? null : formDecoded(secret)
  if (!clientId || !decoded) throw new OAuthError('invalid_client', 'The Authorization header is not Basic.')
  if ((parameters.get('client_id') ?? clientId) !== clientId)
    throw new OAuthError('invalid_request', 'There are two client_ids.')
  return { clientId, secret: decoded }
}

/** `application/x-www-form-urlencoded`; null for what is not. */
function formDecoded(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}
