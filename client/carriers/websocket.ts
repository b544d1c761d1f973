import type { Socket } from 'node:net'
import WebSocket from 'ws'
import { asJetwayError, errorCodeOfWire, JetwayError } from '#shared/errors/jetway-error.ts'
import { type ErrorCode, errorTable } from '#shared/errors/table.ts'
import { webSocketFrame } from '#shared/protocol/websocket-frame.ts'
import { firstMessageHeader, maxMessageBytes, webSocketProtocol } from '#shared/protocol/wire.ts'
import type { DpopKey } from '../auth/dpop-key.ts'
import { dial } from '../network/dial.ts'
import { NetworkError, relayError } from '../network/network-error.ts'
import type { CarrierListener, ClientCarrier } from './carrier.ts'
import { race } from './race.ts'

/** All attempts at a connection together. */
const connectTimeoutMs = 30_000
const handshakeTimeoutMs = 8000
const maxProblemBytes = 65_536

export interface WebSocketOptions {
  readonly carrierUrl: string
  /** PEM of authorities to trust besides this machine's; null for none. */
  readonly ca: string | null
  readonly accessToken: string
  /** That the token is bound to; null for none. */
  readonly key: DpopKey | null
  readonly first: () => Uint8Array
  readonly everyMs: number
  readonly signal: AbortSignal
}

/**
 * Opens a WebSocket to the relay (RFC 6455), the access token in a header and never in the URL. A relay that wants another
 * nonce in the proof of the key is asked once more (RFC 9449 §9).
 *
 * @throws RELAY_UNREACHABLE, PROXY_UNREACHABLE, OVERLOADED, DRAINING (a retry can help)
 * @throws RELAY_UNTRUSTED, NOT_A_RELAY, UNAUTHENTICATED, TOKEN_EXPIRED, VERSION_UNSUPPORTED, PROXY_AUTH_REQUIRED,
 *   PROXY_REFUSED, CONFIG_INVALID
 */
export function dialWebSocket(o: WebSocketOptions): Promise<ClientCarrier> {
  return dialOnce(o).catch((error: unknown) => {
    if (asJetwayError(error).code !== 'DPOP_NONCE_REQUIRED') throw error
    return dialOnce(o)
  })
}

async function dialOnce(o: WebSocketOptions): Promise<ClientCarrier> {
  const { ca, everyMs } = o
  const url = new URL(o.carrierUrl)
  const timeout = AbortSignal.timeout(connectTimeoutMs)
  const connection = await race((signal) => dial(url, { ca, timeoutMs: connectTimeoutMs, signal }), {
    everyMs,
    signal: AbortSignal.any([o.signal, timeout]),
    discard: (late) => late.destroy(),
  }).catch((cause: unknown) => {
    throw relayError(url.host, timeout.aborted ? new NetworkError('no answer in time') : cause)
  })
  return upgrade(connection, o, await authorization(o))
}

async function authorization({
  carrierUrl,
  accessToken,
  key,
}: WebSocketOptions): Promise<Record<string, string>> {
  if (key === null) return { authorization: `Bearer ${accessToken}` }
  const url = carrierUrl.replace(/^ws/, 'http')
  return {
    authorization: `DPoP ${accessToken}`,
    dpop: await key.proof({ method: 'GET', url, accessToken }),
  }
}

function upgrade(
  connection: Socket,
  o: WebSocketOptions,
  headers: Readonly<Record<string, string>>,
): Promise<ClientCarrier> {
  const relay = new URL(o.carrierUrl).host
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(o.carrierUrl, [webSocketProtocol], {
      createConnection: () => connection,
      headers: {
        ...headers,
        [firstMessageHeader]: Buffer.from(o.first()).toString('base64url'),
      },
      perMessageDeflate: false,
      maxPayload: maxMessageBytes,
      handshakeTimeout: handshakeTimeoutMs,
      followRedirects: false,
    })
    const abort = () => socket.terminate()
    o.signal.addEventListener('abort', abort, { once: true })
    const fail = (error: JetwayError) => {
      o.signal.removeEventListener('abort', abort)
      socket.removeAllListeners()
      socket.on('error', () => {})
      socket.terminate()
      reject(error)
    }
    socket.once('unexpected-response', (_request, response) => {
      const { 'dpop-nonce': nonce, date } = response.headers
      if (typeof nonce === 'string') o.key?.learn(nonce, date)
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
    const failed = (cause: Error) => fail(relayError(relay, cause))
    socket.once('error', failed)
    socket.once('open', () => {
      o.signal.removeEventListener('abort', abort)
      socket.removeAllListeners('unexpected-response')
      socket.off('error', failed)
      resolve(carrierOf(socket, o.carrierUrl.startsWith('wss:') ? connection : null))
    })
  })
}

/**
 * What comes before anyone listens is kept: the relay's first message is often right behind its answer to the upgrade.
 *
 * @param connection inside TLS, data frames are written to the connection as they are: ws would copy each to mask
 *   it, and write header and payload apart. All else of the protocol is ws's. Null without TLS.
 */
function carrierOf(socket: WebSocket, connection: Socket | null): ClientCarrier {
  let listener: CarrierListener | null = null
  const early: Uint8Array[] = []
  let closed: { readonly code: ErrorCode | null } | null = null
  socket.on('message', (data, isBinary) => {
    if (!isBinary) socket.close(errorTable.PROTOCOL_ERROR.close)
    else if (listener) listener.onMessage(data as Buffer)
    else early.push(data as Buffer)
  })
  socket.on('error', () => socket.terminate())
  socket.once('close', (code) => {
    closed = { code: code >= 4000 ? errorCodeOfWire(code - 4000) : null }
    listener?.onClose(closed.code)
  })
  return {
    get bufferedBytes() {
      return connection?.writableLength ?? socket.bufferedAmount
    },
    listen(to) {
      listener = to
      for (const message of early.splice(0)) listener.onMessage(message)
      if (closed) listener.onClose(closed.code)
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
    terminate: () => socket.terminate(),
  }
}

/** Codes that a relay may answer an upgrade with; anything else is judged by its status. */
const refusals: ReadonlySet<string> = new Set<ErrorCode>([
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'ACCESS_REVOKED',
  'SESSION_ENDED',
  'DPOP_NONCE_REQUIRED',
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
