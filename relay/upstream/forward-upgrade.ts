import { pipeline } from 'node:stream/promises'
import type { Exchange } from '../http/exchange.ts'
import { applyEdits } from '../http/header-edits.ts'
import { answerHeaders, answering } from './forward.ts'
import { requestHeaders } from './headers.ts'
import type { Upstream } from './upstream.ts'

/**
 * Sends a request to upgrade the connection (RFC 9110 §7.8) and joins both connections when the upstream
 * switches. An upstream that does not switch is answered for as it answers.
 *
 * @throws UPSTREAM_UNREACHABLE (a retry can help), UPSTREAM_TIMEOUT
 */
export function forwardUpgrade(
  exchange: Exchange,
  upstream: Upstream,
  identity: readonly string[],
): Promise<true> {
  const { request, response, upgrade } = exchange
  if (!upgrade) throw new TypeError('not an upgrade')
  return new Promise((resolve, reject) => {
    const headers = requestHeaders(request.rawHeaders, upstream.ownHeaders)
    if (exchange.edits) applyEdits(headers, exchange.edits.request)
    headers.push(...identity, 'x-forwarded-for', exchange.address)
    upstream.pool.dispatch(
      {
        method: 'GET',
        path: request.url as string,
        headers,
        upgrade: request.headers.upgrade as string,
      },
      {
        ...answering(exchange, upstream, null, resolve, reject),
        onRequestUpgrade(controller, _status, _headers, socket) {
          const answer = answerHeaders(exchange, upstream, 101, controller.rawHeaders)
          answer.push('connection', 'upgrade', 'upgrade', 'websocket')
          const lines = answer.flatMap((value, i) => (i % 2 ? [] : [`${value}: ${answer[i + 1] ?? ''}`]))
          upgrade.socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1')
          if (upgrade.head.length > 0) socket.write(upgrade.head)
          upgrade.socket.on('data', (chunk: Buffer) => {
            exchange.receivedBytes += chunk.length
          })
          socket.on('data', (chunk: Buffer) => {
            exchange.sentBytes += chunk.length
          })
          response.statusCode = 101
          // Either end that goes away takes the other with it.
          const over = Promise.allSettled([
            pipeline(upgrade.socket, socket),
            pipeline(socket, upgrade.socket),
          ])
          void over.then(() => response.emit('close'))
          resolve(true)
        },
      },
    )
  })
}
