import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Handler } from '../exchange.ts'

/** Counts requests and connections in flight, refuses new ones once draining, and says when the last one has ended. */
export class DrainGate {
  #inFlight = 0
  #draining = false
  #idle: (() => void) | null = null

  get isDraining(): boolean {
    return this.#draining
  }

  readonly handler: Handler = (next) => (exchange) => {
    this.enter()
    exchange.response.once('close', () => this.leave())
    if (this.#draining) throw new JetwayError('DRAINING')
    return next(exchange)
  }

  /**
   * Something begins. To be called before `isDraining` is looked at, so that nothing slips in between the two (Jetty's
   * GracefulHandler).
   */
  enter(): void {
    this.#inFlight += 1
  }

  /** What was begun has ended. */
  leave(): void {
    this.#inFlight -= 1
    if (this.#inFlight === 0) this.#idle?.()
  }

  /** Resolves when nothing is in flight any more, or after `deadlineMs`. */
  drain(deadlineMs: number): Promise<void> {
    this.#draining = true
    if (this.#inFlight === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, deadlineMs)
      this.#idle = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
