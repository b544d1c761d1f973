import { answerJson } from '../../http/answer-json.ts'
import type { Handler } from '../../http/exchange.ts'
import { type AwsChallenges, challengeSeconds } from './challenges.ts'

/** `POST /aws/challenge`, on the relay's own port, never through a tunnel: what a signed request has to carry. */
export function challengeEndpoint(challenges: AwsChallenges): Handler {
  return (next) => (exchange) => {
    const { request, response, address } = exchange
    if (exchange.tunnel || request.method !== 'POST' || request.url !== '/aws/challenge')
      return next(exchange)
    return answerJson(response, 200, { challenge: challenges.issue(address), expires_in: challengeSeconds })
  }
}
