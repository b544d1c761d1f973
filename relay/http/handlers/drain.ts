import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import type { Principal } from '../../identity/principal.ts'
import { endExchange } from '../end-exchange.ts'
import type { Exchange, Handler } from '../exchange.ts'

/** Refuses what may not go on. */
export type CheckWork = (
  principal: Principal,
  session: string | null,
  /** The policies that allowed it; none where that is not decided. */
  policies: readonly string[],
) => void

/** Something that a generation has in flight. */
export interface Work {
  /** For whom, in which session of the relay, and by which policies; null while it is not known for whom. */
  who(): {
    readonly principal: Principal
    readonly session: string | null
    readonly policies: readonly string[]
  } | null
  /** Cuts it at once, because the relay or its configuration goes. */
  cut(): void
  /** Ends it at once, and says why. */
  end(error: JetwayError): void
}

/**
 * Knows what a generation has in flight: requests, upgraded connections, connections to tcp services. While draining,
 * what comes over connections that are open is still answered, and each of them is closed with its answer: so a request
 * that was begun elsewhere is never the one that fails.
 */
export class DrainGate {
  readonly #works = new Set<Work>()
  #draining = false
  #onIdle: () => void = () => {}

  get isDraining(): boolean {
    return this.#draining
  }

  get inFlight(): number {
    return this.#works.size
  }

  readonly handler: Handler = (next) => (exchange) => {
    exchange.response.once('close', this.enter(workOf(exchange)))
    if (this.#draining) exchange.response.shouldKeepAlive = false
    return next(exchange)
  }

  /** Something begins. @returns to be called when it has ended */
  enter(work: Work): () => void {
    this.#works.add(work)
    return () => {
      this.#works.delete(work)
      if (this.#works.size === 0) this.#onIdle()
    }
  }

  drain(): void {
    this.#draining = true
  }

  /** Calls back once, when nothing is in flight. */
  whenIdle(callback: () => void): void {
    this.#onIdle = callback
    if (this.#works.size === 0) callback()
  }

  /** Ends everything that is in flight. */
  cut(): void {
    for (const work of this.#works) work.cut()
  }

  /** Ends what is in flight that `check` refuses, with its reason. */
  endThose(check: CheckWork): void {
    for (const work of this.#works) {
      const who = work.who()
      if (who === null) continue
      try {
        check(who.principal, who.session, who.policies)
      } catch (error) {
        work.end(asJetwayError(error))
      }
    }
  }
}

function workOf(exchange: Exchange): Work {
  return {
    who: () =>
      exchange.principal && {
        principal: exchange.principal,
        session: exchange.tunnel?.id ?? null,
        policies: exchange.decision?.effect === 'allow' ? exchange.decision.policies : [],
      },
    cut() {
      exchange.error ??= new JetwayError('DRAINING')
      exchange.response.destroy()
    },
    end: (error) => endExchange(exchange, error),
  }
}
