import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { Logger } from 'pino'
import type { SsfConfig } from '#shared/config/identity/ssf.ts'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { accessRecord } from '../audit/access-record.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Exchange, Handler } from '../http/exchange.ts'
import { isMediaType } from '../http/media-type.ts'
import { readBody } from '../http/read-body.ts'
import type { RevokedAccess } from '../identity/revoked-access.ts'
import type { State } from '../state/state.ts'
import { actOnEvents } from './act-on-events.ts'
import { EventVerifier } from './event-verifier.ts'
import { type SecurityEvents, securityEventsOf, streamUpdated } from './security-event.ts'
import { SetError } from './set-error.ts'

const maxBodyBytes = 65_536

/**
 * `POST /ssf/events`: takes Security Event Tokens (RFC 8417) that a provider pushes (RFC 8935), on the relay's own port,
 * never through a tunnel. What it says is done before it is answered; each is in the audit log.
 *
 * @param o.authorization what the transmitter sends in its Authorization header
 */
export function ssfReceiver(o: {
  config: SsfConfig
  authorization: string
  state: Pick<State, 'usedIds' | 'revocations'>
  revoked: RevokedAccess
  auditLog: AuditLog
  generation: string
  log: Logger
}): Handler {
  const { config, state, revoked, log } = o
  const { issuer } = config
  const verifier = new EventVerifier(config)
  const authorization = digest(o.authorization)

  const read = async (exchange: Exchange): Promise<SecurityEvents> => {
    const { headers } = exchange.request
    if (!timingSafeEqual(digest(headers.authorization ?? ''), authorization))
      throw new SetError(
        'authentication_failed',
        'The Authorization header is not the one that was agreed on.',
      )
    if (!isMediaType(exchange.request, 'application/secevent+jwt'))
      throw new SetError('invalid_request', 'The body has to be application/secevent+jwt.')
    const body = await readBody(exchange, maxBodyBytes)
    return securityEventsOf(await verifier.verify(body.toString('latin1').trim()), seconds())
  }

  const receive = async (exchange: Exchange): Promise<true> => {
    let events: SecurityEvents | null = null
    let error: JetwayError | null = null
    let isNew = false
    try {
      events = await read(exchange)
      isNew = await actOnEvents(events, { issuer, now: seconds(), state, revoked })
      return answer(exchange, 202, null)
    } catch (thrown) {
      if (!(thrown instanceof SetError)) {
        error = asJetwayError(thrown)
        throw error
      }
      error = new JetwayError('EVENT_REFUSED', { reason: thrown.err }, { cause: thrown })
      log.warn({ id: exchange.id, err: thrown.cause ?? thrown, code: thrown.err }, 'security event refused')
      return answer(exchange, 400, { err: thrown.err, description: thrown.message })
    } finally {
      record(exchange, events, isNew, error)
    }
  }

  const record = (
    { id, address, startedAt }: Exchange,
    received: SecurityEvents | null,
    isNew: boolean,
    error: JetwayError | null,
  ) => {
    const about = {
      verb: 'event.receive',
      startedAt,
      address,
      via: 'direct',
      generation: o.generation,
      error,
    } as const
    if (!received) {
      o.auditLog.append(accessRecord({ ...about, id, access: { issuer } }))
      return
    }
    for (const { type, subject, does, payload } of received.events) {
      if (type === streamUpdated)
        log.warn({ id, status: payload.status, reason: payload.reason }, 'event stream')
      if (does !== 'nothing' && subject.length === 0)
        log.warn({ id, type }, 'security event about nobody known here')
      const who = subject.map((named) => named.who).join(' ') || null
      const access = { issuer, jti: received.id, type, does, who, isNew }
      o.auditLog.append(accessRecord({ ...about, id: randomUUID(), access }))
    }
  }

  return (next) => (exchange) => {
    const { method, url } = exchange.request
    return exchange.tunnel || method !== 'POST' || url !== '/ssf/events' ? next(exchange) : receive(exchange)
  }
}

function answer({ response }: Exchange, status: number, body: object | null): true {
  const text = body === null ? '' : JSON.stringify(body)
  response.writeHead(status, {
    ...(body === null ? {} : { 'content-type': 'application/json', 'content-language': 'en' }),
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  })
  response.end(text)
  return true
}

/** So that texts of any length take the same time to be compared. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function seconds(): number {
  return Math.floor(Date.now() / 1000)
}
