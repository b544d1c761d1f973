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
      const key = requireClient(parameters, keyThumbprint)
      const { principal, refreshToken, nonce } = await o.signIns.fetch({
        code: required(parameters, 'code'),
        redirectUri: required(parameters, 'redirect_uri'),
        codeVerifier: required(parameters, 'code_verifier'),
        keyThumbprint: key,
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
      const key = requireClient(parameters, keyThumbprint)
      const { principal, refreshToken } = await signIns.refresh(required(parameters, 'refresh_token'), key)
      return { principal, clientId, more: { refresh_token: refreshToken } }
    },
  }
}

/** Jetway's client, which binds what it gets to a key of its own (RFC 9449 §5): tokens that are stolen are worth nothing. */
function requireClient(parameters: ReadonlyMap<string, string>, keyThumbprint: string | null): string {
  if (parameters.get('client_id') !== clientId)
    throw new OAuthError('invalid_client', 'The client is not known.')
  if (keyThumbprint === null) throw new OAuthError('invalid_dpop_proof', 'A DPoP proof is needed.')
  return keyThumbprint
}

function required(parameters: ReadonlyMap<string, string>, name: string): string {
  const value = parameters.get(name)
  if (value === undefined) throw new OAuthError('invalid_request', `${name} is missing.`)
  return value
}
