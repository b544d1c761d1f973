import type { Socket } from 'node:net'
import WebSocket from 'ws'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { type ErrorCode, errorTable } from '#shared/errors/table.ts'
import type { Carrier } from '#shared/protocol/pump.ts'
import { webSocketFrame } from '#shared/protocol/websocket-frame.ts'
import { maxMessageBytes, webSocketProtocol } from '#shared/protocol/wire.ts'
import { dial } from '../network/dial.ts'
import { relayError } from '../network/network-error.ts'

interface CarrierListener {
  onMessage(message: Uint8Array): void
  /** Called once. `wire` is the code of the error table that the relay closed with, where it did. */
  onClose(wire: number | null): void
}

export interface ClientCarrier extends Carrier {
  listener: CarrierListener
  close(code: ErrorCode): void
}

const handshakeTimeoutMs = 15_000
const maxProblemBytes = 65_536

/**
 * Opens a WebSocket to the relay (RFC 6455), the access token in a header and never in the URL.
 *
 * @throws RELAY_UNREACHABLE, PROXY_UNREACHABLE, OVERLOADED, DRAINING (a retry can help)
 * @throws RELAY_UNTRUSTED, NOT_A_RELAY, UNAUTHENTICATED, TOKEN_EXPIRED, VERSION_UNSUPPORTED, PROXY_AUTH_REQUIRED,
 *   PROXY_REFUSED, CONFIG_INVALID
 */
export async function dialWebSocket(o: {
  carrierUrl: string
  /** PEM of authorities to trust besides this machine's; null for none. */
  ca: string | null
  accessToken: string
  signal?: AbortSignal
}): Promise<ClientCarrier> {
  const url = new URL(o.carrierUrl)
  const relay = url.host
  const dialled = await dial(url, { ...o, timeoutMs: handshakeTimeoutMs }).catch((cause) => {
    throw relayError(relay, cause)
  })
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(o.carrierUrl, [webSocketProtocol], {
      headers: { authorization: `Bearer ${o.accessToken}` },
      createConnection: () => dialled,
      perMessageDeflate: false,
      maxPayload: maxMessageBytes,
      handshakeTimeout: handshakeTimeoutMs,
      followRedirects: false,
    })
    const abort = () => socket.terminate()
    o.signal?.addEventListener('abort', abort, { once: true })
    const fail = (error: JetwayError) => {
      o.signal?.removeEventListener('abort', abort)
      socket.removeAllListeners()
      socket.on('error', () => {})
      socket.terminate()
      reject(error)
    }
    socket.once('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes <= maxProblemBytes) chunks.push(chunk)
      })
      response.on('error', () => {})
      response.once('close', () =>
        fail(refusal(response.statusCode ?? 0, Buffer.concat(chunks).toString(), relay)),
      )
    })
    socket.once('error', (cause) => fail(relayError(relay, cause)))
    let connection: Socket | null = null
    socket.once('upgrade', (response) => {
      if (o.carrierUrl.startsWith('wss:')) connection = response.socket
    })
    socket.once('open', () => {
      o.signal?.removeEventListener('abort', abort)
      socket.removeAllListeners()
      resolve(carrierOf(socket, connection))
    })
  })
}

/**
 * @param connection inside TLS, data frames are written to the connection as they are: ws would copy each to mask
 *   it, and write header and payload apart. All else of the protocol is ws's. Null without TLS.
 */
function carrierOf(socket: WebSocket, connection: Socket | null): ClientCarrier {
  const carrier: ClientCarrier = {
    listener: { onMessage() {}, onClose() {} },
    get bufferedBytes() {
      return connection?.writableLength ?? socket.bufferedAmount
    },
    send(message, sent) {
      if (socket.readyState !== WebSocket.OPEN) return
      const done = (error?: Error | null) => {
        if (!error) sent()
      }
      if (connection) connection.write(webSocketFrame(message, true), done)
      else socket.send(message, { binary: true }, done)
    },
    close(code) {
      socket.close(errorTable[code].close)
      // A peer that is gone never answers the close; ws waits 30 s for it, a person should not.
      setTimeout(() => socket.terminate(), 1000).unref()
    },
  }
  socket.on('message', (data, isBinary) => {
    if (isBinary) carrier.listener.onMessage(data as Buffer)
    else carrier.close('PROTOCOL_ERROR')
  })
  socket.on('error', () => socket.terminate())
  socket.once('close', (code) => carrier.listener.onClose(code >= 4000 ? code - 4000 : null))
  return carrier
}

/** Codes that a relay may answer an upgrade with; anything else is judged by its status. */
const refusals: ReadonlySet<string> = new Set<ErrorCode>([
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'OVERLOADED',
  'DRAINING',
  'VERSION_UNSUPPORTED',
])

function refusal(status: number, body: string, relay: string): JetwayError {
  let code: unknown
  try {
    code = (JSON.parse(body) as { code?: unknown }).code
  } catch {
    // Not a problem document: the status has to do.
  }
  if (typeof code === 'string' && refusals.has(code)) return new JetwayError(code as ErrorCode)
  if (status === 401) return new JetwayError('UNAUTHENTICATED')
  if (status >= 500) return new JetwayError('RELAY_UNREACHABLE', { relay, reason: `status ${status}` })
  return new JetwayError('NOT_A_RELAY', { relay, reason: `status ${status}` })
}
