import type { Logger } from 'pino'
import type { RequestLimits } from '#shared/config/request-limits.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Scheduler } from '#shared/protocol/scheduler.ts'
import { endExchange, hasSwitched } from './end-exchange.ts'
import type { Exchange, Handler } from './exchange.ts'

const tickMs = 1000

/** What a client moved since it was last found fast enough. */
interface Pace {
  readonly bytes: number
  /** On the scheduler's clock. */
  readonly since: number
}

/**
 * Every request that has begun and not ended. Once a second it looks at them: one whose client hardly sends what it
 * announced, or hardly takes what it asked for, is cut (TOO_SLOW); one that has no answer for long is named in the log,
 * and given up in the end (UNSETTLED). Whatever it waits for then, its upstream's request is broken off.
 *
 * A client that is away and expected back (a session without a carrier) is not slow.
 */
export class InFlight {
  readonly #limits: RequestLimits
  readonly #scheduler: Scheduler
  readonly #log: Logger
  readonly #exchanges = new Set<Exchange>()
  readonly #paces = new WeakMap<Exchange, Pace>()
  readonly #named = new WeakSet<Exchange>()
  #slow = 0
  #cancelTick: (() => void) | null = null

  constructor(limits: RequestLimits, scheduler: Scheduler, log: Logger) {
    this.#limits = limits
    this.#scheduler = scheduler
    this.#log = log
  }

  get size(): number {
    return this.#exchanges.size
  }

  /** Those without an answer for longer than `slowSeconds`, when it last looked. */
  get slow(): number {
    return this.#slow
  }

  readonly handler: Handler = (next) => (exchange) => {
    this.#exchanges.add(exchange)
    exchange.response.once('close', () => this.#exchanges.delete(exchange))
    this.#tickLater()
    return next(exchange)
  }

  #tickLater(): void {
    this.#cancelTick ??= this.#scheduler.after(tickMs, () => {
      this.#cancelTick = null
      this.#slow = 0
      for (const exchange of this.#exchanges) this.#look(exchange)
      if (this.#exchanges.size > 0) this.#tickLater()
    })
  }

  #look(exchange: Exchange): void {
    const { slowSeconds, unsettledSeconds } = this.#limits
    if (this.#isTooSlow(exchange)) {
      endExchange(exchange, new JetwayError('TOO_SLOW'))
      return
    }
    const { id, startedAt, stage, resolved, response } = exchange
    if (response.headersSent || hasSwitched(exchange) || exchange.upgrade?.socket.destroyed) return
    const seconds = Math.floor((Date.now() - startedAt) / 1000)
    if (seconds < slowSeconds) return
    this.#slow += 1
    if (!this.#named.has(exchange)) {
      this.#named.add(exchange)
      this.#log.warn({ id, stage, operation: resolved?.operation.id, seconds }, 'request without an answer')
    }
    if (seconds < unsettledSeconds) return
    this.#log.error({ id, stage, operation: resolved?.operation.id, seconds }, 'request given up')
    endExchange(exchange, new JetwayError('UNSETTLED', { seconds }))
  }

  /** Whether it was the client's turn for `stalledSeconds`, and it moved less than it has to. */
  #isTooSlow(exchange: Exchange): boolean {
    const { stalledSeconds, minBytesPerSecond } = this.#limits
    const now = this.#scheduler.now()
    const bytes = bytesMoved(exchange)
    const pace = this.#paces.get(exchange)
    if (bytes === null) {
      if (pace) this.#paces.delete(exchange)
      return false
    }
    if (pace && bytes - pace.bytes < minBytesPerSecond * stalledSeconds)
      return now - pace.since >= stalledSeconds * 1000
    this.#paces.set(exchange, { bytes, since: now })
    return false
  }
}

/** What the client moved, where the relay waits for nobody else; null where it does not wait for the client. */
function bytesMoved({
  request,
  response,
  tunnel,
  upgrade,
  stage,
  receivedBytes,
  sentBytes,
}: Exchange): number | null {
  if (upgrade !== null || (tunnel !== null && tunnel.detachedAt !== null)) return null
  if (response.writableNeedDrain || (response.writableEnded && !response.writableFinished))
    return sentBytes - response.writableLength
  const isRead = stage === 'body' || stage === 'upstream'
  // What was received and not yet taken is the upstream's turn.
  return isRead && !request.complete && request.readableLength === 0 ? receivedBytes : null
}
