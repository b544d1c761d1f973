import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Upstream } from '../../upstream/upstream.ts'
import type { Handler } from '../exchange.ts'

/**
 * Which service is asked: a tunnel's stream names it, direct HTTP has the one that the configuration gives it.
 *
 * @throws SERVICE_UNKNOWN, NOT_FOUND
 */
export function service(upstreams: ReadonlyMap<string, Upstream>, direct: string | null): Handler {
  return (next) => (exchange) => {
    const name = exchange.tunnel ? exchange.serviceName : direct
    if (name === null) throw new JetwayError('NOT_FOUND', { path: exchange.request.url ?? '/' })
    const upstream = upstreams.get(name)
    if (!upstream) throw new JetwayError('SERVICE_UNKNOWN', { service: name })
    exchange.serviceName = name
    exchange.upstream = upstream
    return next(exchange)
  }
}
