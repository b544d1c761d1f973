import { once } from 'node:events'
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SecureContextOptions } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { LoadedListen } from '../config/listen.ts'
import type { Turns } from './turns.ts'

/**
 * Connections that wait to be accepted, as far as the system lets them: many come at once, and health checks with
 * them.
 */
const listenBacklog = 4096
/** Idle connections of people and load balancers; longer than the usual 60 s of those. */
const keepAliveTimeoutMs = 75_000

/** A port of the relay. */
export interface Listener {
  /** The port that it has bound. */
  readonly port: number
  /** Takes another certificate, for the connections to come. */
  swap(listen: LoadedListen): void
  /** Takes no new connection. */
  close(): void
  closeAllConnections(): void
}

/**
 * Listens.
 *
 * @param path of it in the configuration, e.g. `listen`
 * @param connections how many there may be at once
 * @throws CONFIG_INVALID when it cannot
 */
export async function openListener(o: {
  listen: LoadedListen
  path: string
  options: ServerOptions
  connections: number
  turns: Turns
}): Promise<Listener> {
  let { tls } = o.listen
  const server: Server = tls
    ? createHttpsServer({
        ...o.options,
        ...secureContextOf(tls),
        ...(o.options.headersTimeout === undefined ? {} : { handshakeTimeout: o.options.headersTimeout }),
      })
    : createHttpServer(o.options)
  server.keepAliveTimeout = keepAliveTimeoutMs
  server.maxConnections = o.connections
  // Those who do nothing make room for the next.
  server.on('drop', () => server.closeIdleConnections())
  takeRequests(server, o.turns)
  const { host, port } = o.listen
  server.listen({ port, host, backlog: listenBacklog })
  try {
    await once(server, 'listening')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    const reason = `${o.path}: ${host}:${port} cannot be bound (${code})`
    throw new JetwayError('CONFIG_INVALID', { reason }, { cause })
  }
  return {
    port: (server.address() as AddressInfo).port,
    swap(next) {
      if (!(server instanceof HttpsServer) || !next.tls || isDeepStrictEqual(next.tls, tls)) return
      server.setSecureContext(secureContextOf(next.tls))
      tls = next.tls
    },
    close: () => void server.close(),
    closeAllConnections: () => server.closeAllConnections(),
  }
}

/** Has a server's requests take their turns, those to upgrade and bytes that are no HTTP as well. */
export function takeRequests(server: Server, turns: Turns): void {
  // None is left out of what is decided on; how many there may be is the chain's to say.
  server.maxHeadersCount = 0
  for (const event of ['request', 'checkContinue', 'checkExpectation']) {
    server.on(event, (request: IncomingMessage, response: ServerResponse) =>
      turns.take({ request, response, head: null, fault: null }),
    )
  }
  for (const event of ['upgrade', 'connect']) {
    server.on(event, (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy())
      turns.take({ request, response: null, head, fault: null })
    })
  }
  server.on('clientError', (error, socket) => turns.fail(error, socket))
}

function secureContextOf({ cert, key }: NonNullable<LoadedListen['tls']>): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2' }
}
