import { asJetwayError } from '#shared/errors/jetway-error.ts'
import type { Tunnel } from '../tunnel.ts'

/** Renewed this long before the relay would end the session, or at three quarters of a short life. */
const earlyMs = 60_000
const retryMs = 5000
/** setTimeout takes no more than this. */
const maxTimeoutMs = 2_147_483_647

export interface SessionRenewal {
  /** Does it at once: there is a new token already, which says more. */
  now(): void
  stop(): void
}

/**
 * Hands the relay a new access token before the old one ends, so that the session goes on without a gap. When no
 * new token can be had, the relay ends the session, and that is where it is said.
 *
 * @param renew gives an access token that is not the one the session has
 */
export function renewSession(tunnel: Tunnel, renew: () => Promise<string>): SessionRenewal {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  /** The relay takes one at a time. */
  let running: Promise<void> | null = null
  const after = (ms: number) => {
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(begin, Math.min(ms, maxTimeoutMs))
  }
  const schedule = (expires: number) => {
    const leftMs = expires * 1000 - Date.now()
    after(Math.max(leftMs - earlyMs, leftMs * 0.75, 1000))
  }
  const next = async () => {
    try {
      const token = await renew()
      if (stopped) return
      schedule(await tunnel.authenticate(token))
    } catch (error) {
      if (asJetwayError(error).entry.retry) after(retryMs)
    }
  }
  const begin = () => {
    running ??= next().finally(() => {
      running = null
    })
  }
  schedule(tunnel.welcome.expires)
  return {
    now() {
      if (stopped) return
      if (running === null) begin()
      else void running.then(() => this.now())
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
