import type { Handler } from '../../http/exchange.ts'
import { type AwsChallenges, challengeSeconds } from './challenges.ts'

/** `POST /aws/challenge`, on the relay's own port, never through a tunnel: what a signed request has to carry. */
export function challengeEndpoint(challenges: AwsChallenges): Handler {
  return (next) => (exchange) => {
    const { request, response, address } = exchange
    if (exchange.tunnel || request.method !== 'POST' || request.url !== '/aws/challenge')
      return next(exchange)
    const body = JSON.stringify({ challenge: challenges.issue(address), expires_in: challengeSeconds })
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
    })
    response.end(body)
    return true
  }
}
