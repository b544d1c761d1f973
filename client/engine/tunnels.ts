import type { Tunnel } from '../tunnel.ts'
import type { SessionRenewal } from './session-renewal.ts'

/** The tunnels of an environment: the one for new connections, and those before it that are being left. */
export class Tunnels {
  readonly #all = new Map<Tunnel, SessionRenewal>()
  #current: Tunnel | null = null
  /** Called once, when the current one is left. */
  #onLeft: (() => void) | null = null

  get current(): Tunnel | null {
    return this.#current
  }

  isCurrent(tunnel: Tunnel): boolean {
    return tunnel === this.#current
  }

  /** It is the current one from now on. */
  add(tunnel: Tunnel, renewal: SessionRenewal): void {
    this.#all.set(tunnel, renewal)
    void tunnel.closed.then(() => this.#all.delete(tunnel))
    this.#current = tunnel
  }

  /**
   * It takes no new connections: those that are open go on in it, or have ended.
   *
   * @returns whether it was the current one
   */
  leave(tunnel: Tunnel): boolean {
    if (tunnel !== this.#current) return false
    this.#current = null
    this.#onLeft?.()
    return true
  }

  /** Resolves when the current one is left, or the signal aborts. */
  untilLeft(signal: AbortSignal): Promise<void> {
    if (this.#current === null || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        this.#onLeft = null
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#onLeft = done
      signal.addEventListener('abort', done)
    })
  }

  /** The machine woke up, or is on another network. */
  probe(): void {
    for (const tunnel of this.#all.keys()) tunnel.probe()
  }

  /** The person has signed in anew: what is open goes on with that. */
  renew(): void {
    for (const renewal of this.#all.values()) renewal.now()
  }

  close(): void {
    for (const tunnel of this.#all.keys()) tunnel.close()
  }
}
