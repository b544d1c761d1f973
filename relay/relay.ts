import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { AuditLog } from './audit/audit-log.ts'
import { asksForTunnel } from './carriers/websocket.ts'
import type { LoadedConfig } from './config/load.ts'
import { buildGeneration } from './generation.ts'
import type { Exchange } from './http/exchange.ts'
import { upgradeResponse } from './http/upgrade-response.ts'
import { StreamSocket } from './stream-socket.ts'
import { createTunnelDoor } from './tunnel-door.ts'

export interface Relay {
  /** Where it listens, e.g. `https://127.0.0.1:8443`. */
  readonly url: string
  /** Takes nothing new, lets what runs finish within `deadlineMs`, then closes. */
  stop(deadlineMs: number): Promise<void>
}

/** While draining: connections that are idle for so long are closed. */
const idleBeforeCloseMs = 500
const quietPollMs = 50
/** A client has so long to send the head of a request. */
const headersTimeoutMs = 20_000
/** Idle connections of people and load balancers; longer than the usual 60 s of those. */
const keepAliveTimeoutMs = 75_000

/**
 * Starts a relay: one port for its own endpoints, for direct HTTP and for the carriers of clients.
 *
 * @throws CONFIG_INVALID when it cannot listen
 */
export async function startRelay(config: LoadedConfig, auditLog: AuditLog, log: Logger): Promise<Relay> {
  const generation = buildGeneration(config, auditLog, log)
  const serve = (request: IncomingMessage, response: ServerResponse, upgrade: Exchange['upgrade']) =>
    void generation.handle(exchangeOf(request, response, upgrade))

  const httpOptions = { maxHeaderSize: config.limits.maxHeaderBytes, requireHostHeader: true }
  // Parses the requests inside tunnels; it never listens.
  const inner = createHttpServer({
    ...httpOptions,
    keepAliveTimeout: 0,
    headersTimeout: 0,
    requestTimeout: 0,
  })
  const { tls } = config.listen
  const outer: Server = tls
    ? createHttpsServer({ ...httpOptions, cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2' })
    : createHttpServer(httpOptions)
  outer.headersTimeout = headersTimeoutMs
  outer.requestTimeout = 0
  outer.keepAliveTimeout = keepAliveTimeoutMs
  for (const server of [inner, outer]) {
    server.on('request', (request, response) => serve(request, response, null))
    server.on('clientError', (_error, socket) => refuseGarbage(socket))
  }
  inner.on('upgrade', (request, socket, head) => serveUpgrade(request, socket, head, serve))
  const door = createTunnelDoor({
    generation,
    auditLog,
    log,
    onStream: (stream, tunnel) => {
      if (generation.forwardTcp(stream, tunnel)) return
      if (Object.hasOwn(config.services, stream.service)) {
        inner.emit('connection', new StreamSocket(stream, tunnel))
      } else {
        stream.reset('SERVICE_UNKNOWN')
      }
    },
  })
  outer.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    if (request.url === '/tunnel' && asksForTunnel(request)) {
      void door.enter(request, socket, head)
    } else {
      serveUpgrade(request, socket, head, serve)
    }
  })

  outer.listen(config.listen.port, config.listen.host)
  try {
    await once(outer, 'listening')
  } catch (cause) {
    const { host, port } = config.listen
    const reason = `listen: ${host}:${port} cannot be bound (${(cause as NodeJS.ErrnoException).code})`
    throw new JetwayError('CONFIG_INVALID', { reason }, { cause })
  }
  const { port } = outer.address() as AddressInfo
  /** Until nothing is begun any more. A connection that is idle is closed, a while after clients were told to leave. */
  const quiet = async (deadlineMs: number) => {
    const started = Date.now()
    while (generation.gate.inFlight > 0 || !door.tunnels.isQuiet) {
      const ms = Date.now() - started
      if (ms >= deadlineMs) return
      if (ms >= idleBeforeCloseMs) inner.closeIdleConnections()
      await sleep(Math.min(quietPollMs, deadlineMs - ms))
    }
  }
  return {
    url: `${tls ? 'https' : 'http'}://${config.listen.host}:${port}`,
    async stop(deadlineMs) {
      outer.close()
      generation.gate.drain()
      door.tunnels.goAway(deadlineMs)
      await quiet(deadlineMs)
      door.tunnels.close(new JetwayError('DRAINING'))
      outer.closeAllConnections()
      await generation.close()
    },
  }
}

function exchangeOf(
  request: IncomingMessage,
  response: ServerResponse,
  upgrade: Exchange['upgrade'],
): Exchange {
  const socket: unknown = request.socket
  const stream = socket instanceof StreamSocket ? socket : null
  return {
    id: randomUUID(),
    request,
    response,
    upgrade,
    tunnel: stream?.tunnel ?? null,
    address: stream?.tunnel.address ?? request.socket.remoteAddress ?? '',
    startedAt: Date.now(),
    serviceName: stream?.stream.service ?? null,
    upstream: null,
    principal: null,
    resolved: null,
    decision: null,
    body: null,
    confDigest: null,
    conf: null,
    runId: null,
    receivedBytes: 0,
    sentBytes: 0,
    error: null,
  }
}

function serveUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  serve: (request: IncomingMessage, response: ServerResponse, upgrade: Exchange['upgrade']) => void,
): void {
  socket.on('error', () => socket.destroy())
  serve(request, upgradeResponse(request, socket), { socket, head })
}

/** Bytes that are no HTTP get a short answer and no more of anyone's time. */
function refuseGarbage(socket: Duplex): void {
  if (socket.writable)
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
  else socket.destroy()
}
