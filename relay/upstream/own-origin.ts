import type { Exchange } from '../http/exchange.ts'
import type { Upstream } from './upstream.ts'

/** Where the person who asks sees the service: at a port of their own machine, or at the relay's public address. */
export function ownOrigin({ tunnel, request }: Exchange, { publicOrigin }: Upstream): string {
  return tunnel ? `http://${request.headers.host}` : publicOrigin
}
