import type { Exchange } from '../http/exchange.ts'
import type { Upstream } from './upstream.ts'

/** Where the person who asks sees the service: at a port of their own machine, or at a balancer's or the relay's address. */
export function ownOrigin({ tunnel, entrance, request }: Exchange, { publicOrigin }: Upstream): string {
  if (entrance) return entrance.publicOrigin
  return tunnel ? `http://${request.headers.host}` : publicOrigin
}
