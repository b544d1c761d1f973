import { JetwayError } from '#shared/errors/jetway-error.ts'
import { forward } from '../../upstream/forward.ts'
import { forwardUpgrade } from '../../upstream/forward-upgrade.ts'
import type { Handler } from '../exchange.ts'

/**
 * The end of the chain: what was allowed goes to the upstream, under the person's name and with no more rights
 * than the deciding grant carries.
 *
 * @throws UPSTREAM_UNREACHABLE, UPSTREAM_TIMEOUT
 */
export const proxy: Handler = () => (exchange) => {
  const { upstream, decision } = exchange
  if (!upstream || decision?.effect !== 'allow') throw new JetwayError('INTERNAL')
  exchange.stage = 'upstream'
  const identity = upstream.identify(exchange)
  return exchange.upgrade
    ? forwardUpgrade(exchange, upstream, identity)
    : forward(exchange, upstream, identity)
}
