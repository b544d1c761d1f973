import { JetwayError } from '#shared/errors/jetway-error.ts'

/**
 * Tries something that may hang (a connection through a network that swallows packets backs off for seconds) again
 * and again beside itself, until one attempt succeeds: so it succeeds soon after it can, also where that takes long.
 *
 * @param attempt has to end when its signal aborts
 * @param discard gets rid of a success that came too late
 * @throws what the last attempt threw, when none is under way any more; CLOSED when `signal` aborts
 */
export function race<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  o: { everyMs: number; signal: AbortSignal; discard: (result: T) => void },
): Promise<T> {
  const running = new Map<number, AbortController>()
  let started = 0
  return new Promise((resolve, reject) => {
    let settled = false
    const end = () => {
      settled = true
      clearInterval(timer)
      o.signal.removeEventListener('abort', abort)
      for (const controller of running.values()) controller.abort()
    }
    const abort = () => {
      end()
      reject(new JetwayError('CLOSED'))
    }
    const start = () => {
      const n = started
      started += 1
      for (const [earlier, controller] of running) if (n - earlier >= patience(earlier)) controller.abort()
      const controller = new AbortController()
      running.set(n, controller)
      attempt(controller.signal).then(
        (result) => {
          running.delete(n)
          if (settled) {
            o.discard(result)
            return
          }
          end()
          resolve(result)
        },
        (error: unknown) => {
          running.delete(n)
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

/**
 * How many attempts begin after attempt `n` (from 0) before it makes room. Every second one has twice as much time as
 * those between, every fourth four times, and so on, and the first has all: attempts stay few, and of any age there are
 * some.
 */
function patience(n: number): number {
  // The largest power of two in n
  return n === 0 ? Number.POSITIVE_INFINITY : 4 * (n & -n)
}
