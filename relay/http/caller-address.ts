import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { Entrance } from './exchange.ts'

/**
 * The address of whoever sent a request by a balancer: the entry of X-Forwarded-For that the balancer itself has
 * written. Empty where there is none: then nothing is allowed for its address.
 */
export function callerAddress(request: IncomingMessage, { forwardedFor }: Entrance): string {
  if (forwardedFor === 0) return request.socket.remoteAddress ?? ''
  // Node joins them, in their order.
  const entries = String(request.headers['x-forwarded-for'] ?? '').split(',')
  const address = entries.at(-forwardedFor)?.trim() ?? ''
  return isIP(address) === 0 ? '' : address
}
