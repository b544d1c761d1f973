import type { IncomingMessage } from 'node:http'

/**
 * Whether a request that names an upgrade is answered as one. All others are answered as if they named none (RFC 9110
 * §7.8): who switches to h2c would go on past everything that decides here.
 */
export function asksForWebSocket({ method, httpVersion, headers }: IncomingMessage): boolean {
  return method === 'GET' && httpVersion === '1.1' && headers.upgrade?.toLowerCase() === 'websocket'
}
