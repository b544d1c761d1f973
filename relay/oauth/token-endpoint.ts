import type { Logger } from 'pino'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Exchange, Handler } from '../http/exchange.ts'
import { readBody } from '../http/read-body.ts'
import type { DpopProofs } from '../identity/dpop.ts'
import { proofAlgorithms } from '../identity/dpop-proof.ts'
import { type IssuedToken, issueAccessToken } from './access-token.ts'
import type { Grant } from './grant.ts'
import type { Keyring } from './keyring.ts'
import { OAuthError } from './oauth-error.ts'
import { provenKey } from './proven-key.ts'

const maxBodyBytes = 65_536
const maxParameters = 20

/**
 * `POST /oauth/token` (RFC 6749 §3.2), `GET /oauth/jwks.json` (RFC 7517) and `GET /.well-known/oauth-authorization-server`
 * (RFC 8414), on the relay's own port, never through a tunnel.
 *
 * @param o.issuer the relay's public URL
 */
export function tokenEndpoint(o: {
  keyring: Keyring
  issuer: string
  lifetimeSeconds: number
  grants: readonly Grant[]
  proofs: DpopProofs
  log: Logger
}): Handler {
  const byType = new Map(o.grants.map((grant) => [grant.type, grant]))
  const metadata = JSON.stringify(metadataOf(o.issuer, [...byType.keys()]))
  const redeem = async (exchange: Exchange): Promise<true> => {
    try {
      const parameters = parametersOf(exchange, await readBody(exchange, maxBodyBytes))
      const grant = byType.get(parameters.get('grant_type') ?? '')
      if (!grant) throw new OAuthError('unsupported_grant_type', 'This relay gives no tokens for that.')
      exchange.signsIn = true
      const { address, request } = exchange
      const keyThumbprint = await provenKey(exchange, o)
      const { principal, clientId, more } = await grant.redeem(parameters, {
        address,
        request,
        keyThumbprint,
      })
      exchange.principal = principal
      const issued = issueAccessToken(principal, { ...o, clientId, keyThumbprint })
      return answer(exchange, 200, { ...more, ...responseOf(issued, keyThumbprint) })
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      refuse(exchange, error)
      return answer(exchange, error.status, { error: error.error, error_description: error.message })
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
        return answer(exchange, 200, { keys: o.keyring.published })
      case 'GET /.well-known/oauth-authorization-server':
        return answer(exchange, 200, metadata)
      default:
        return next(exchange)
    }
  }
}

function metadataOf(issuer: string, grantTypes: readonly string[]): object {
  return {
    issuer,
    token_endpoint: `${issuer}/oauth/token`,
    jwks_uri: `${issuer}/oauth/jwks.json`,
    response_types_supported: [],
    grant_types_supported: grantTypes,
    token_endpoint_auth_methods_supported: ['none'],
    dpop_signing_alg_values_supported: proofAlgorithms,
  }
}

/** RFC 6749 §3.2: nothing twice, and what is empty is not there. */
function parametersOf({ request }: Exchange, body: Buffer): ReadonlyMap<string, string> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1)
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded')
    throw new OAuthError('invalid_request', 'The body has to be a form.')
  const parameters = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    if (parameters.has(name) || parameters.size >= maxParameters)
      throw new OAuthError('invalid_request', 'A parameter stands twice, or there are too many.')
    if (value !== '') parameters.set(name, value)
  }
  return parameters
}

function responseOf({ accessToken, expiresIn }: IssuedToken, keyThumbprint: string | null): object {
  return {
    access_token: accessToken,
    token_type: keyThumbprint === null ? 'Bearer' : 'DPoP',
    expires_in: expiresIn,
  }
}

function answer({ response }: Exchange, status: number, body: object | string): true {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  })
  response.end(text)
  return true
}
