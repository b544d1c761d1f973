import { clientId } from './authorization-request.ts'
import type { Grant } from './grant.ts'
import { issueIdToken } from './id-token.ts'
import type { KeptSignIns } from './kept-sign-ins.ts'
import type { Keyring } from './keyring.ts'
import { OAuthError } from './oauth-error.ts'

/** `authorization_code` (RFC 6749 §4.1.3, RFC 7636): the code that the browser brought, and what proves who asked for it. */
export function codeGrant(o: { signIns: KeptSignIns; keyring: Keyring; issuer: string }): Grant {
  return {
    type: 'authorization_code',
    async redeem(parameters, { keyThumbprint }) {
      requireClient(parameters)
      const { principal, refreshToken, nonce } = await o.signIns.fetch({
        code: required(parameters, 'code'),
        redirectUri: required(parameters, 'redirect_uri'),
        codeVerifier: required(parameters, 'code_verifier'),
        keyThumbprint,
      })
      const { keyring, issuer } = o
      const idToken = issueIdToken(principal, { keyring, issuer, clientId, nonce })
      return { principal, clientId, more: { refresh_token: refreshToken, id_token: idToken } }
    },
  }
}

/** `refresh_token` (RFC 6749 §6): each is good once (RFC 9700 §4.14). */
export function refreshGrant(signIns: KeptSignIns): Grant {
  return {
    type: 'refresh_token',
    async redeem(parameters, { keyThumbprint }) {
      requireClient(parameters)
      const { principal, refreshToken } = await signIns.refresh(
        required(parameters, 'refresh_token'),
        keyThumbprint,
      )
      return { principal, clientId, more: { refresh_token: refreshToken } }
    },
  }
}

function requireClient(parameters: ReadonlyMap<string, string>): void {
  if (parameters.get('client_id') !== clientId)
    throw new OAuthError('invalid_client', 'The client is not known.')
}

function required(parameters: ReadonlyMap<string, string>, name: string): string {
  const value = parameters.get(name)
  if (value === undefined) throw new OAuthError('invalid_request', `${name} is missing.`)
  return value
}
