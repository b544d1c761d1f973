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
  const { upstream, principal, decision } = exchange
  if (!upstream || !principal || decision?.effect !== 'allow') throw new JetwayError('INTERNAL')
  exchange.stage = 'upstream'
  const credential = upstream.identity.token(principal, decision.airflowRole)
  return exchange.upgrade
    ? forwardUpgrade(exchange, upstream, credential)
    : forward(exchange, upstream, credential)
}
