import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import type { AuditLog } from './audit/audit-log.ts'
import { sessionRecord } from './audit/session-record.ts'
import { acceptWebSocket, asksForTunnel } from './carriers/websocket.ts'
import type { LoadedConfig } from './config/load.ts'
import { buildGeneration, type Generation } from './generation.ts'
import type { Exchange } from './http/exchange.ts'
import { respondProblem } from './http/problem-response.ts'
import type { Principal } from './identity/principal.ts'
import { StreamSocket } from './stream-socket.ts'
import { TunnelSession } from './tunnel-session.ts'

export interface Relay {
  /** Where it listens, e.g. `https://127.0.0.1:8443`. */
  readonly url: string
  /** Takes nothing new, lets what runs finish within `deadlineMs`, then closes. */
  stop(deadlineMs: number): Promise<void>
}

/** A client has so long to send the head of a request. */
const headersTimeoutMs = 20_000
/** Idle connections of people and load balancers; longer than the usual 60 s of those. */
const keepAliveTimeoutMs = 75_000
/** What a stream's receiver takes at first. */
const windowBytes = 262_144

/**
 * Starts a relay: one port for its own endpoints, for direct HTTP and for the carriers of clients.
 *
 * @throws CONFIG_INVALID when it cannot listen
 */
export async function startRelay(config: LoadedConfig, auditLog: AuditLog, log: Logger): Promise<Relay> {
  const generation = buildGeneration(config, auditLog, log)
  const sessions = new Set<TunnelSession>()
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
  outer.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    if (request.url === '/tunnel' && asksForTunnel(request)) {
      void acceptTunnel({ request, socket, head, generation, sessions, inner, auditLog, log })
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
  return {
    url: `${tls ? 'https' : 'http'}://${config.listen.host}:${port}`,
    async stop(deadlineMs) {
      outer.close()
      for (const session of sessions) session.goAway(deadlineMs)
      await generation.gate.drain(deadlineMs)
      for (const session of sessions) session.close(new JetwayError('DRAINING'))
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
    address: request.socket.remoteAddress ?? '',
    startedAt: Date.now(),
    serviceName: stream?.stream.service ?? null,
    upstream: null,
    principal: null,
    resolved: null,
    decision: null,
    body: null,
    confDigest: null,
    runId: null,
    receivedBytes: 0,
    sentBytes: 0,
    error: null,
  }
}

/** Gives an upgrade request a response of its own, so that the chain can answer it like any other. */
function serveUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  serve: (request: IncomingMessage, response: ServerResponse, upgrade: Exchange['upgrade']) => void,
): void {
  socket.on('error', () => socket.destroy())
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  // biome-ignore lint/suspicious/noExplicitAny: any Duplex will do, the types ask for a net.Socket
  response.assignSocket(socket as any)
  response.once('finish', () => socket.end())
  serve(request, response, { socket, head })
}

/** Bytes that are no HTTP get a short answer and no more of anyone's time. */
function refuseGarbage(socket: Duplex): void {
  if (socket.writable)
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
  else socket.destroy()
}

interface Arrival {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly generation: Generation
  readonly sessions: Set<TunnelSession>
  readonly inner: Server
  readonly auditLog: AuditLog
  readonly log: Logger
}

/** Lets a client in, or answers why not. The true reason is in the log only. */
async function acceptTunnel(arrival: Arrival): Promise<void> {
  const { request, socket, head, generation, sessions, inner, auditLog, log } = arrival
  const id = randomUUID()
  const address = request.socket.remoteAddress ?? ''
  const { authenticator, config } = generation
  const record = (
    verb: 'session.open' | 'session.close' | 'session.refuse',
    o: {
      principal: Principal | null
      session: TunnelSession | null
      error: JetwayError | null
    },
  ) => auditLog.append(sessionRecord({ id, verb, address, request, generation: generation.id, ...o }))
  try {
    if (generation.gate.isDraining) throw new JetwayError('DRAINING')
    const [, token] = /^Bearer ([^\s,]+)$/i.exec(request.headers.authorization ?? '') ?? []
    if (token === undefined)
      throw new JetwayError('UNAUTHENTICATED', {}, { cause: new Error('no bearer token') })
    const principal = await authenticator.authenticate(token)
    if (socket.destroyed) return
    const session = new TunnelSession({
      carrier: await acceptWebSocket(request, socket, head),
      principal,
      address,
      limits: { streams: config.limits.maxStreamsPerSession, windowBytes },
      authenticate: (accessToken) => authenticator.authenticate(accessToken),
      onStream: (stream, tunnel) => {
        if (generation.forwardTcp(stream, tunnel)) return
        if (Object.hasOwn(config.services, stream.service)) {
          inner.emit('connection', new StreamSocket(stream, tunnel))
        } else {
          stream.reset('SERVICE_UNKNOWN')
        }
      },
      onClose: (error, ended) => {
        sessions.delete(ended)
        log.info({ id, session: ended.id, code: error.code, err: error.cause }, 'session ended')
        record('session.close', { principal: ended.principal, session: ended, error })
      },
    })
    sessions.add(session)
    log.info({ id, session: session.id, principal: principal.name, address }, 'session begun')
    record('session.open', { principal, session, error: null })
  } catch (thrown) {
    const error = asJetwayError(thrown)
    log.warn({ id, address, code: error.code, err: error.cause }, 'session refused')
    record('session.refuse', { principal: null, session: null, error })
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    // biome-ignore lint/suspicious/noExplicitAny: any Duplex will do, the types ask for a net.Socket
    response.assignSocket(socket as any)
    response.once('finish', () => socket.end())
    respondProblem(request, response, error, id)
  }
}
