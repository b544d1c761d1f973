import { JetwayError } from '#shared/errors/jetway-error.ts'

/** So many attempts at once; the oldest makes room. */
const mostAttempts = 6

/**
 * Tries something that may hang (a connection through a network that swallows packets backs off for seconds) again
 * and again beside itself, until one attempt succeeds: so it succeeds soon after it can.
 *
 * @param attempt has to end when its signal aborts
 * @param discard gets rid of a success that came too late
 * @throws what the last attempt threw, when none is under way any more; CLOSED when `signal` aborts
 */
export function race<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  o: { everyMs: number; signal: AbortSignal; discard: (result: T) => void },
): Promise<T> {
  const running = new Set<AbortController>()
  return new Promise((resolve, reject) => {
    let settled = false
    const end = () => {
      settled = true
      clearInterval(timer)
      o.signal.removeEventListener('abort', abort)
      for (const controller of running) controller.abort()
    }
    const abort = () => {
      end()
      reject(new JetwayError('CLOSED'))
    }
    const start = () => {
      const [oldest] = running
      if (running.size >= mostAttempts) oldest?.abort()
      const controller = new AbortController()
      running.add(controller)
      attempt(controller.signal).then(
        (result) => {
          running.delete(controller)
          if (settled) {
            o.discard(result)
            return
          }
          end()
          resolve(result)
        },
        (error: unknown) => {
          running.delete(controller)
          if (settled || running.size > 0) return
          end()
          reject(error)
        },
      )
    }
    const timer = setInterval(start, o.everyMs)
    o.signal.addEventListener('abort', abort)
    start()
    if (o.signal.aborted) abort()
  })
}
