import type { Handler } from '../exchange.ts'

/**
 * Counts requests and connections in flight. While draining, what comes over connections that are open is still answered, and each of
 * them is closed with its answer: so a request that was begun elsewhere is never the one that fails.
 */
export class DrainGate {
  #inFlight = 0
  #draining = false

  get isDraining(): boolean {
    return this.#draining
  }

  get inFlight(): number {
    return this.#inFlight
  }

  readonly handler: Handler = (next) => (exchange) => {
    this.enter()
    exchange.response.once('close', () => this.leave())
    if (this.#draining) exchange.response.shouldKeepAlive = false
    return next(exchange)
  }

  /** Something begins. */
  enter(): void {
    this.#inFlight += 1
  }

  /** What was begun has ended. */
  leave(): void {
    this.#inFlight -= 1
  }

  drain(): void {
    this.#draining = true
  }
}
