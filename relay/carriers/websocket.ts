import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import WebSocket, { WebSocketServer } from 'ws'
import { errorCodeOfWire } from '#shared/errors/jetway-error.ts'
import { type ErrorCode, errorTable } from '#shared/errors/table.ts'
import type { Carrier } from '#shared/protocol/pump.ts'
import { webSocketFrame } from '#shared/protocol/websocket-frame.ts'
import { firstMessageHeader, maxMessageBytes, webSocketProtocol } from '#shared/protocol/wire.ts'

export interface RelayCarrier extends Carrier {
  listener: {
    onMessage(message: Uint8Array): void
    /** Called once. `code` is what the client closed with; null when it went without a word. */
    onClose(code: ErrorCode | null): void
  }
  /** Says why, then ends. */
  close(code: ErrorCode): void
  /** Ends at once, without a word. */
  terminate(): void
}

const server = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  maxPayload: maxMessageBytes,
  clientTracking: false,
  handleProtocols: (offered) => (offered.has(webSocketProtocol) ? webSocketProtocol : false),
})

/** A peer that does not answer the close gets no more time than this. */
const closeTimeoutMs = 1000

/**
 * Completes the handshake of an upgrade that was let in. One that is not a WebSocket's is answered 400 by ws.
 *
 * @param accepted has to set the carrier's listener before it returns
 */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  accepted: (carrier: RelayCarrier) => void,
): void {
  server.handleUpgrade(request, socket, head, (webSocket) => accepted(carrierOf(webSocket, socket)))
}

/**
 * Data frames are written to the connection as they are: ws would write header and payload apart, which TLS
 * joins again by a copy of both. All else of the protocol is ws's.
 */
function carrierOf(socket: WebSocket, connection: Duplex): RelayCarrier {
  const carrier: RelayCarrier = {
    listener: { onMessage() {}, onClose() {} },
    get bufferedBytes() {
      return connection.writableLength
    },
    send(message, sent) {
      if (socket.readyState !== WebSocket.OPEN) return
      connection.write(webSocketFrame(message, false), (error) => {
        if (!error) sent()
      })
    },
    close(code) {
      socket.close(errorTable[code].close)
      setTimeout(() => socket.terminate(), closeTimeoutMs).unref()
    },
    terminate: () => socket.terminate(),
  }
  socket.on('message', (data, isBinary) => {
    if (isBinary) carrier.listener.onMessage(data as Buffer)
    else carrier.close('PROTOCOL_ERROR')
  })
  socket.on('error', () => socket.terminate())
  socket.once('close', (code) => carrier.listener.onClose(code >= 4000 ? errorCodeOfWire(code - 4000) : null))
  return carrier
}

/** Whether the upgrade asks for this protocol. */
export function asksForTunnel(request: IncomingMessage): boolean {
  const offered = request.headers['sec-websocket-protocol'] ?? ''
  return offered.split(',').some((protocol) => protocol.trim() === webSocketProtocol)
}

/** The carrier's first message, which came with the upgrade; null where it comes as any other. */
export function firstMessageOf(request: IncomingMessage): Uint8Array | null {
  const value = request.headers[firstMessageHeader]
  return typeof value === 'string' ? Buffer.from(value, 'base64url') : null
}
