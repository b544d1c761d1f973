import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { schedulerWith } from '#shared/protocol/scheduler.ts'
import type { Stream } from '#shared/protocol/stream.ts'
import type { AuditLog } from './audit/audit-log.ts'
import { sessionRecord } from './audit/session-record.ts'
import { acceptWebSocket, firstMessageOf } from './carriers/websocket.ts'
import type { LoadedConfig } from './config/load.ts'
import type { Generations } from './generations.ts'
import { credentialsOf } from './http/credentials.ts'
import { respondProblem } from './http/problem-response.ts'
import { upgradeResponse } from './http/upgrade-response.ts'
import type { Authenticators } from './identity/authenticators.ts'
import type { Principal } from './identity/principal.ts'
import type { registerSessions } from './session-registry.ts'
import type { TunnelSession } from './tunnel-session.ts'
import { type TunnelEvent, Tunnels, type TunnelsOptions } from './tunnels.ts'

/** Where clients come in. */
export interface TunnelDoor {
  readonly tunnels: Tunnels
  /** Lets a carrier in, or answers why not. */
  enter(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
}

const logged = {
  open: 'session begun',
  resume: 'session resumed',
  close: 'session ended',
  refuse: 'session refused',
} as const

/** What a stream's receiver takes at first. */
const windowBytes = 65_536

/**
 * Every carrier is authenticated, one that resumes a session as well. Who comes and goes is in log and audit; the true
 * reason of a refusal is in the log only.
 */
export function createTunnelDoor(o: {
  generations: Generations
  registry: ReturnType<typeof registerSessions>
  auditLog: AuditLog
  log: Logger
  onStream: (stream: Stream, session: TunnelSession) => void
}): TunnelDoor {
  const { generations, registry, auditLog, log } = o
  /** Who is let in is let in by the generation that is at work then. */
  const letIn = async <T extends { principal: Principal }>(
    authenticate: (authenticators: Authenticators) => Promise<T>,
  ): Promise<T> => {
    for (;;) {
      const generation = generations.current
      const found = await authenticate(generation.authenticators)
      if (generation !== generations.current) continue
      generation.check(found.principal, null)
      return found
    }
  }
  const tunnels = new Tunnels({
    // A session keeps those that it began with.
    get limits() {
      return limitsOf(generations.current.config)
    },
    scheduler: schedulerWith(setImmediate),
    renew: (token, keyThumbprint) => letIn((all) => all.renew(token, keyThumbprint)),
    check: (principal, session) => generations.current.check(principal, session),
    onStream: o.onStream,
    onEvent: (event) => {
      const { kind, session, error } = event
      if (kind === 'open' || kind === 'resume') registry.put(session)
      else if (kind === 'close') registry.remove(session)
      const id = randomUUID()
      const principal = event.session?.principal ?? (event as Refusal).principal
      const address = event.session?.address ?? (event as Refusal).address
      log[kind === 'refuse' ? 'warn' : 'info'](
        {
          id,
          session: session?.id,
          principal: principal.name,
          address,
          code: error?.code,
          err: error?.cause,
        },
        logged[kind],
      )
      const client = session?.client
      record(`session.${kind}`, {
        id,
        principal,
        address,
        session,
        error,
        userAgent: client ? `${client.name}/${client.version}` : null,
      })
    },
  })
  type Refusal = Extract<TunnelEvent, { kind: 'refuse' }>
  const record = (
    verb: Parameters<typeof sessionRecord>[0]['verb'],
    what: Omit<Parameters<typeof sessionRecord>[0], 'verb' | 'generation'>,
  ) => auditLog.append(sessionRecord({ verb, generation: generations.current.id, ...what }))
  return {
    tunnels,
    async enter(request, socket, head) {
      const address = request.socket.remoteAddress ?? ''
      try {
        if (generations.isDraining) throw new JetwayError('DRAINING')
        const credentials = credentialsOf(request, generations.current.config.publicUrl)
        if (credentials === null)
          throw new JetwayError('UNAUTHENTICATED', {}, { cause: new Error('no token') })
        const { principal, keyThumbprint } = await letIn((all) => all.authenticate(credentials))
        if (socket.destroyed) return
        acceptWebSocket(request, socket, head, (carrier) =>
          tunnels.accept({ carrier, principal, keyThumbprint, address, first: firstMessageOf(request) }),
        )
      } catch (thrown) {
        const error = asJetwayError(thrown)
        const id = randomUUID()
        // Nobody was refused: it is how a client learns the nonce.
        if (error.code === 'DPOP_NONCE_REQUIRED') {
          respondProblem(request, upgradeResponse(request, socket), error, id)
          return
        }
        log.warn({ id, address, code: error.code, err: error.cause }, 'session refused')
        const userAgent = request.headers['user-agent'] ?? null
        record('session.refuse', { id, principal: null, address, session: null, error, userAgent })
        respondProblem(request, upgradeResponse(request, socket), error, id)
      }
    },
  }
}

function limitsOf({ limits }: LoadedConfig): TunnelsOptions['limits'] {
  return {
    session: {
      streams: limits.maxStreamsPerSession,
      windowBytes,
      opensPerSecond: limits.maxOpensPerSecond,
    },
    sessionsPerPerson: limits.maxSessionsPerPerson,
    keepSeconds: limits.keepSessionSeconds,
    keepBytes: limits.keepSessionsBytes,
  }
}
