import { asJetwayError } from '#shared/errors/jetway-error.ts'
import { proofsOf } from '../http/credentials.ts'
import type { Exchange } from '../http/exchange.ts'
import type { DpopProofs } from '../identity/dpop.ts'
import { OAuthError } from './oauth-error.ts'

/**
 * The key that whoever asks for a token has proven to have (RFC 9449 §5). The nonce for the next proof goes with the
 * answer.
 *
 * @returns its thumbprint; null where nothing was proven
 * @throws OAuthError, OVERLOADED (a retry can help)
 */
export async function provenKey(
  { request, response, address }: Exchange,
  o: { proofs: DpopProofs; issuer: string },
): Promise<string | null> {
  const [proof, ...more] = proofsOf(request)
  if (proof === undefined) return null
  if (more.length > 0) throw new OAuthError('invalid_dpop_proof', 'There is more than one DPoP proof.')
  try {
    const { thumbprint, nextNonce } = await o.proofs.accept(proof, {
      method: 'POST',
      url: `${o.issuer}/oauth/token`,
      accessToken: null,
      keyThumbprint: null,
      owner: address,
    })
    if (nextNonce !== null) response.setHeader('dpop-nonce', nextNonce)
    return thumbprint
  } catch (cause) {
    const { code, params } = asJetwayError(cause)
    if (code === 'UNAUTHENTICATED')
      throw new OAuthError('invalid_dpop_proof', 'The DPoP proof was not accepted.', cause)
    if (code !== 'DPOP_NONCE_REQUIRED') throw cause
    response.setHeader('dpop-nonce', String(params.nonce))
    throw new OAuthError('use_dpop_nonce', 'The DPoP proof needs the nonce that comes with this answer.')
  }
}
