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
import { startObservers } from './observe/observers.ts'
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
/** Connections that wait to be accepted, as far as the system lets them: many come at once, and health checks with them. */
const listenBacklog = 4096
/** Handlers that wait for the end of a response; Node warns of more than ten. */
const mostListeners = 30
/** How often it is looked for heads that take too long. */
const headersCheckMs = 5000
/** Idle connections of people and load balancers; longer than the usual 60 s of those. */
const keepAliveTimeoutMs = 75_000

/**
 * Starts a relay: one port for its own endpoints, for direct HTTP and for the carriers of clients.
 *
 * @throws CONFIG_INVALID when it cannot listen
 */
export async function startRelay(config: LoadedConfig, ownAuditLog: AuditLog, log: Logger): Promise<Relay> {
  const sources = { auditLog: ownAuditLog, generation: () => generation, tunnels: () => door.tunnels }
  const observers = await startObservers(config, sources, log)
  const { auditLog } = observers
  const generation = buildGeneration(config, observers, log)
  const serve = (request: IncomingMessage, response: ServerResponse, upgrade: Exchange['upgrade']) =>
    void generation.handle(exchangeOf(request, response, upgrade))

  const headersTimeout = config.limits.requests.headSeconds * 1000
  const httpOptions = {
    maxHeaderSize: config.limits.maxHeaderBytes,
    requireHostHeader: true,
    headersTimeout,
    // Bodies have a pace of their own: see InFlight.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(headersTimeout, headersCheckMs),
  }
  // Parses the requests inside tunnels; it never listens.
  const inner = createHttpServer({ ...httpOptions, keepAliveTimeout: 0 })
  // What Node's server waits for before it looks at how long heads take.
  inner.emit('listening')
  const { tls } = config.listen
  const outer: Server = tls
    ? createHttpsServer({
        ...httpOptions,
        cert: tls.cert,
        key: tls.key,
        minVersion: 'TLSv1.2',
        handshakeTimeout: headersTimeout,
      })
    : createHttpServer(httpOptions)
  outer.keepAliveTimeout = keepAliveTimeoutMs
  outer.maxConnections = config.limits.requests.connections
  // Those who do nothing make room for the next.
  outer.on('drop', () => outer.closeIdleConnections())
  for (const server of [inner, outer]) {
    server.on('request', (request, response) => serve(request, response, null))
    server.on('clientError', refuseGarbage)
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

  outer.listen({ port: config.listen.port, host: config.listen.host, backlog: listenBacklog })
  try {
    await once(outer, 'listening')
  } catch (cause) {
    await observers.close()
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
      inner.close()
      door.tunnels.close(new JetwayError('DRAINING'))
      outer.closeAllConnections()
      await generation.close()
      await observers.close()
    },
  }
}

function exchangeOf(
  request: IncomingMessage,
  response: ServerResponse,
  upgrade: Exchange['upgrade'],
): Exchange {
  response.setMaxListeners(mostListeners)
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
    maxBodyBytes: Number.POSITIVE_INFINITY,
    reason: null,
    edits: null,
    stage: 'authenticate',
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

/** Bytes that are no HTTP, or a head that does not come to its end, get a short answer and no more of anyone's time. */
function refuseGarbage({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  const status = code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request'
  if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
  else socket.destroy()
}
