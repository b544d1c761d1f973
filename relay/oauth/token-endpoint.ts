import type { Logger } from 'pino'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { answerJson } from '../http/answer-json.ts'
import type { Exchange, Handler } from '../http/exchange.ts'
import type { DpopProofs } from '../identity/dpop.ts'
import { proofAlgorithms } from '../identity/dpop-proof.ts'
import { type IssuedToken, issueAccessToken } from './access-token.ts'
import { formOf } from './form.ts'
import type { Grant } from './grant.ts'
import type { Keyring } from './keyring.ts'
import { OAuthError } from './oauth-error.ts'
import { provenKey } from './proven-key.ts'

const maxBodyBytes = 65_536

/**
 * `POST /oauth/token` (RFC 6749 §3.2), `GET /oauth/jwks.json` (RFC 7517) and the metadata (RFC 8414, OpenID Connect
 * Discovery 1.0 §4), on the relay's own port, never through a tunnel. Who is refused is in the audit; why, in the log.
 *
 * @param o.issuer the relay's public URL
 * @param o.mustBeBound whether no token is given that is bound to no key: nobody would take it
 * @param o.metadata what they have besides, of those who bring the grants
 */
export function tokenEndpoint(o: {
  keyring: Keyring
  issuer: string
  lifetimeSeconds: number
  grants: readonly Grant[]
  proofs: DpopProofs
  mustBeBound: boolean
  metadata: Readonly<Record<string, unknown>>
  log: Logger
}): Handler {
  const byType = new Map(o.grants.map((grant) => [grant.type, grant]))
  const metadata = JSON.stringify({ ...metadataOf(o.issuer, o.grants), ...o.metadata })
  const redeem = async (exchange: Exchange): Promise<true> => {
    try {
      const parameters = await formOf(exchange, maxBodyBytes)
      if (!parameters)
        throw new OAuthError('invalid_request', 'The body has to be a form, with nothing twice.')
      const grant = byType.get(parameters.get('grant_type') ?? '')
      if (!grant) throw new OAuthError('unsupported_grant_type', 'This relay gives no tokens for that.')
      exchange.signsIn = true
      const { address, request } = exchange
      const keyThumbprint = await provenKey(exchange, o)
      if (o.mustBeBound && keyThumbprint === null)
        throw new OAuthError('invalid_dpop_proof', 'A DPoP proof is needed.')
      const { principal, clientId, more } = await grant.redeem(parameters, {
        address,
        request,
        keyThumbprint,
      })
      exchange.principal = principal
      const issued = issueAccessToken(principal, { ...o, clientId, keyThumbprint })
      return answerJson(exchange.response, 200, { ...more, ...responseOf(issued, keyThumbprint) })
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      if (error.status === 401) exchange.response.setHeader('www-authenticate', 'Basic realm="jetway"')
      refuse(exchange, error)
      return answerJson(exchange.response, error.status, {
        error: error.error,
        error_description: error.message,
      })
    }
  }
  /** The record says that someone was not let in; why is for the log. */
  const refuse = (exchange: Exchange, { error, cause }: OAuthError) => {
    // Asked to come again with a nonce, nobody was refused anything.
    exchange.signsIn &&= error !== 'use_dpop_nonce'
    if (!exchange.signsIn) return
    exchange.error = new JetwayError('UNAUTHENTICATED', {}, { cause })
    o.log.warn({ id: exchange.id, address: exchange.address, error, err: cause }, 'sign-in refused')
  }
  return (next) => (exchange) => {
    if (exchange.tunnel) return next(exchange)
    switch (`${exchange.request.method} ${exchange.request.url}`) {
      case 'POST /oauth/token':
        return redeem(exchange)
      case 'GET /oauth/jwks.json':
        return answerJson(exchange.response, 200, { keys: o.keyring.published })
      case 'GET /.well-known/oauth-authorization-server':
      case 'GET /.well-known/openid-configuration':
        return answerJson(exchange.response, 200, metadata)
      default:
        return next(exchange)
    }
  }
}

function metadataOf(issuer: string, grants: readonly Grant[]): object {
  return {
    issuer,
    token_endpoint: `${issuer}/oauth/token`,
    jwks_uri: `${issuer}/oauth/jwks.json`,
    response_types_supported: [],
    grant_types_supported: grants.map(({ type }) => type),
    token_endpoint_auth_methods_supported: [
      ...new Set(grants.flatMap(({ authMethods = ['none'] }) => authMethods)),
    ],
    dpop_signing_alg_values_supported: proofAlgorithms,
  }
}

function responseOf({ accessToken, expiresIn }: IssuedToken, keyThumbprint: string | null): object {
  return {
    access_token: accessToken,
    token_type: keyThumbprint === null ? 'Bearer' : 'DPoP',
    expires_in: expiresIn,
  }
}
