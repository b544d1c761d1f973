import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import type { Logger } from 'pino'
import type { TcpServiceConfig } from '#shared/config/tcp-service.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { asksForStepUp } from '#shared/errors/problem.ts'
import type { ErrorCode } from '#shared/errors/table.ts'
import { join } from '#shared/protocol/join.ts'
import type { Stream } from '#shared/protocol/stream.ts'
import { entryOf } from '../activity/entry.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { connectRecord } from '../audit/connect-record.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { DrainGate } from '../http/handlers/drain.ts'
import type { Principal } from '../identity/principal.ts'
import type { ConnectDecision } from '../policy/decision.ts'
import type { Policy } from '../policy/policy.ts'
import type { TunnelSession } from '../tunnel-session.ts'
import { holdStream } from './hold-stream.ts'

/** Takes a stream to a tcp service. @returns false, without having touched it, when its service is no such one */
export type ForwardTcp = (stream: Stream, session: TunnelSession) => boolean

interface TcpUpstream extends TcpServiceConfig {
  /** Sockets that are there now, or about to be. */
  openSockets: number
}

/** A server that went away without a word is noticed, and a firewall does not forget a connection that is idle. */
const keepAliveMs = 30_000

/**
 * Carries streams to tcp services: decides, records that it will connect, connects, joins both ends, and records each
 * connection when it has ended or was refused. A stream that is not carried is reset with FORBIDDEN, or with AUDIT_UNAVAILABLE, DRAINING,
 * OVERLOADED or UPSTREAM_UNREACHABLE (a retry can help).
 */
export function createForwardTcp(o: {
  config: LoadedConfig
  policy: Pick<Policy, 'authorizeConnect'>
  /** Someone with what was approved for them. */
  withApproved: (principal: Principal) => Principal
  gate: DrainGate
  auditLog: AuditLog
  log: Logger
}): ForwardTcp {
  const { config, policy, withApproved, gate, auditLog, log } = o
  const upstreams = new Map<string, TcpUpstream>()
  for (const [name, service] of Object.entries(config.services)) {
    if (service.type === 'tcp') upstreams.set(name, { ...service, openSockets: 0 })
  }

  /** What a connection does is not seen, so it counts as a change. */
  const decide = (principal: Principal, service: string, sourceIp: string): ConnectDecision => {
    if (gate.isDraining) return refusal('DRAINING')
    if (!auditLog.writable) return refusal('AUDIT_UNAVAILABLE')
    const context = { time: Date.now(), sourceIp, via: 'tunnel' as const }
    return policy.authorizeConnect({ principal, service, context })
  }

  return (stream, session) => {
    const { service } = stream
    const upstream = upstreams.get(service)
    if (!upstream) return false
    let cutBy: ErrorCode | null = null
    let cut = (code: ErrorCode) => {
      cutBy = code
      stream.reset(code)
    }
    const principal = withApproved(session.principal)
    const leave = gate.enter({
      who: () => ({ principal: session.principal, session: session.id, policies: decision.policies }),
      cut: () => cut('DRAINING'),
      end: ({ code }) => cut(code),
    })
    const id = randomUUID()
    const startedAt = Date.now()
    const decision = decide(principal, service, session.address)
    const { generation } = config
    const nothing = { received: 0, sent: 0 }
    const about = { id, startedAt, principal, session, service, decision, generation }
    const ended = (error: ErrorCode | null, bytes = nothing) => {
      const record = connectRecord({ ...about, kind: 'request', error, bytes })
      auditLog.append(record)
      session.activity.add(entryOf(record, problemOf(error)))
      log.info({ id, service, ms: Date.now() - startedAt, bytes: bytes.sent, code: error }, 'tcp connection')
      leave()
    }
    /** In words: the stream was reset with its code alone. */
    const problemOf = (code: ErrorCode | null) => {
      if (decision.effect === 'deny') return decision.error
      return code === null || code === 'STREAM_RESET' ? null : new JetwayError(code, { limit: service })
    }
    const refuse = (code: ErrorCode): true => {
      stream.reset(code)
      ended(code)
      return true
    }
    if (decision.effect === 'deny') {
      // There is no answer that a person could read.
      if (asksForStepUp(decision.error)) session.challenge(decision.error)
      return refuse(decision.error.code)
    }
    if (upstream.openSockets >= upstream.connections) return refuse('OVERLOADED')
    upstream.openSockets += 1
    const held = holdStream(stream)
    const notDialled = () => {
      upstream.openSockets -= 1
    }
    auditLog.commit(connectRecord({ ...about, kind: 'intent', error: null, bytes: nothing })).then(
      () => {
        const over = held.resetBy ?? cutBy
        if (over !== null) {
          notDialled()
          ended(over)
          return
        }
        cut = dial(stream, upstream, {
          unreachable: (err) => log.warn({ id, service, err }, 'tcp service cannot be reached'),
          ended,
        })
        held.release()
      },
      () => {
        notDialled()
        refuse('AUDIT_UNAVAILABLE')
      },
    )
    return true
  }
}

/** @returns ends the connection at once, and says why */
function dial(
  stream: Stream,
  upstream: TcpUpstream,
  tell: {
    unreachable(error: Error): void
    ended(error: ErrorCode | null, bytes: { received: number; sent: number }): void
  },
): (code: ErrorCode) => void {
  const socket = connect({
    ...upstream.address,
    noDelay: true,
    allowHalfOpen: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
  })
  let knownCode: ErrorCode | null = null
  const timer = setTimeout(
    () => socket.destroy(new Error('not connected in time')),
    upstream.connectTimeoutSeconds * 1000,
  )
  const failed = (error: Error) => {
    knownCode = 'UPSTREAM_UNREACHABLE'
    tell.unreachable(error)
    stream.reset(knownCode)
  }
  socket.once('error', failed)
  socket.once('connect', () => {
    clearTimeout(timer)
    socket.off('error', failed)
  })
  socket.once('close', () => {
    clearTimeout(timer)
    upstream.openSockets -= 1
  })
  join(stream, socket, setImmediate, (code) =>
    tell.ended(knownCode ?? code, { received: socket.bytesWritten, sent: socket.bytesRead }),
  )
  return (code) => {
    knownCode = code
    stream.reset(code)
    if (socket.connecting) socket.destroy()
    else socket.resetAndDestroy()
  }
}

function refusal(code: ErrorCode): ConnectDecision {
  return { effect: 'deny', policies: [], error: new JetwayError(code), failed: [] }
}
