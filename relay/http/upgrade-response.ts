import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Gives a request to upgrade a response of its own, so that it can be answered like any other. */
export function upgradeResponse(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  // biome-ignore lint/suspicious/noExplicitAny: any Duplex will do, the types ask for a net.Socket
  response.assignSocket(socket as any)
  response.once('finish', () => {
    socket.end()
    // What still comes is not worth reading, and has to be read for the connection to end.
    socket.resume()
  })
  return response
}
