import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import { type Readiness, readinessAnswer } from '../../observe/readiness.ts'
import { answerJson } from '../answer-json.ts'
import type { Handler } from '../exchange.ts'

/**
 * What the relay answers itself, to anyone, on its own port: never through a tunnel, never anything of Airflow's. On a
 * balancer's listener that is its health and nothing else.
 */
export function ownEndpoints(o: {
  discovery: DiscoveryDocument
  /** The public keys of what the relay signs (RFC 7517). */
  jwks: () => string
  readiness: () => Readiness
}): Handler {
  const discovery = JSON.stringify(o.discovery)
  return (next) => (exchange) => {
    if (exchange.tunnel) return next(exchange)
    const { method, url } = exchange.request
    if (method !== 'GET' && method !== 'HEAD') return next(exchange)
    if (exchange.entrance && url !== '/healthz' && url !== '/readyz') return next(exchange)
    switch (url) {
      case '/.well-known/jetway':
        return answerJson(exchange.response, 200, discovery)
      case '/.well-known/jwks.json':
        return answerJson(exchange.response, 200, o.jwks())
      case '/healthz':
        return answerJson(exchange.response, 200, '{"status":"ok"}')
      case '/readyz': {
        const { status, body } = readinessAnswer(o.readiness())
        return answerJson(exchange.response, status, body)
      }
      default:
        return next(exchange)
    }
  }
}
