import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import type { HealthConfig } from '#shared/config/observe.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Readiness } from './readiness.ts'

/** How often the thread that answers hears of the one that works. */
const tellEveryMs = 250
/** What it needs is a few lines of its own. */
const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 }

/**
 * Serves `/healthz` and `/readyz` on a port of its own, from a thread of its own: whoever asks waits neither in the queue of
 * a busy relay nor for a connection that others have taken. What it says of the relay is a moment old; of one that
 * says nothing more, it says so.
 *
 * @throws CONFIG_INVALID when it cannot listen
 */
export async function startHealth(
  config: HealthConfig,
  readiness: () => Readiness,
  log: Logger,
): Promise<{ close(): Promise<void> }> {
  const worker = new Worker(new URL('./health-worker.ts', import.meta.url), {
    workerData: config,
    resourceLimits,
    // Flags of the process are for the thread that works.
    execArgv: [],
  })
  const [code] = await once(worker, 'message')
  if (code !== null) {
    const reason = `health: ${config.host}:${config.port} cannot be bound (${code})`
    throw new JetwayError('CONFIG_INVALID', { reason })
  }
  // Whoever asks then finds nobody, which says enough.
  worker.on('error', (err) => log.error({ err }, 'health'))
  const timer = setInterval(() => worker.postMessage(readiness()), tellEveryMs)
  timer.unref()
  worker.unref()
  return {
    async close() {
      clearInterval(timer)
      await worker.terminate()
    },
  }
}
