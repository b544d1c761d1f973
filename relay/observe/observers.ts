import type { Logger } from 'pino'
import type { LoadedConfig } from '../config/load.ts'
import type { Handler } from '../http/exchange.ts'
import type { Sources } from './metrics.ts'
import type { Tracing } from './tracing.ts'

/** Who looks on, for those who run the relay: health, metrics and telemetry, each null where it is not configured. */
export interface Observers {
  readonly metrics: Handler | null
  readonly tracing: Tracing | null
  close(): Promise<void>
}

/**
 * Starts what is configured. Of what is not, no library is loaded.
 *
 * @throws CONFIG_INVALID when the port of metrics or health cannot be bound
 */
export async function startObservers(
  config: LoadedConfig,
  sources: Sources,
  log: Logger,
): Promise<Observers> {
  const metrics =
    config.metrics && (await (await import('./metrics.ts')).startMetrics(config.metrics, sources))
  const health =
    config.health &&
    (await (
      await import('./health.ts')
    ).startHealth(config.health, () => sources.generation().readiness(), log))
  const telemetry =
    config.telemetry &&
    (await import('./telemetry.ts')).startTelemetry(config.telemetry, config.name, sources.auditLog, log)
  return {
    metrics: metrics?.handler ?? null,
    tracing: telemetry?.tracing ?? null,
    async close() {
      metrics?.close()
      await health?.close()
      await telemetry?.close()
    },
  }
}
