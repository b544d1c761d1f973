import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Exchange, Handler } from '../exchange.ts'

/**
 * Knows what a generation has in flight: requests, upgraded connections, connections to tcp services. While draining,
 * what comes over connections that are open is still answered, and each of them is closed with its answer: so a request
 * that was begun elsewhere is never the one that fails.
 */
export class DrainGate {
  /** Each ends what it is of. */
  readonly #cuts = new Set<() => void>()
  #draining = false
  #onIdle: () => void = () => {}

  get isDraining(): boolean {
    return this.#draining
  }

  get inFlight(): number {
    return this.#cuts.size
  }

  readonly handler: Handler = (next) => (exchange) => {
    exchange.response.once(
      'close',
      this.enter(() => cut(exchange)),
    )
    if (this.#draining) exchange.response.shouldKeepAlive = false
    return next(exchange)
  }

  /**
   * Something begins.
   *
   * @param cut ends it at once
   * @returns to be called when it has ended
   */
  enter(cut: () => void): () => void {
    this.#cuts.add(cut)
    return () => {
      this.#cuts.delete(cut)
      if (this.#cuts.size === 0) this.#onIdle()
    }
  }

  drain(): void {
    this.#draining = true
  }

  /** Calls back once, when nothing is in flight. */
  whenIdle(callback: () => void): void {
    this.#onIdle = callback
    if (this.#cuts.size === 0) callback()
  }

  /** Ends everything that is in flight. */
  cut(): void {
    for (const end of this.#cuts) end()
  }
}

function cut(exchange: Exchange): void {
  exchange.error ??= new JetwayError('DRAINING')
  exchange.response.destroy()
}
