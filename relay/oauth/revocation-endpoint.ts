import type { Handler } from '../http/exchange.ts'
import { formOf } from './form.ts'
import type { KeptSignIns } from './kept-sign-ins.ts'

const maxBodyBytes = 16_384

/**
 * `POST /oauth/revoke` (RFC 7009): a refresh token ends its sign-in, and all that came of it. Whoever brings anything
 * else learns nothing.
 */
export function revocationEndpoint(signIns: KeptSignIns): Handler {
  return (next) => async (exchange) => {
    const { request, response, tunnel } = exchange
    if (tunnel || request.method !== 'POST' || request.url !== '/oauth/revoke') return next(exchange)
    const form = await formOf(exchange, maxBodyBytes)
    const token = form?.get('token')
    if (token !== undefined) await signIns.revoke(token)
    response.writeHead(form ? 200 : 400, { 'cache-control': 'no-store', 'content-length': 0 })
    response.end()
    return true
  }
}
