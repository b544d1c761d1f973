import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { endLingering } from './linger.ts'

/** Gives a request to upgrade a response of its own, so that it can be answered like any other. */
export function upgradeResponse(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  // biome-ignore lint/suspicious/noExplicitAny: any Duplex will do, the types ask for a net.Socket
  response.assignSocket(socket as any)
  response.once('finish', () => {
    // As Node does it: what happens to the connection from here on is not about this response.
    // biome-ignore lint/suspicious/noExplicitAny: see above
    response.detachSocket(socket as any)
    endLingering(socket)
    process.nextTick(() => response.emit('close'))
  })
  return response
}
