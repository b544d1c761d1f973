/** `health`, `metrics` and `telemetry`: what the relay tells those who run it. Read at start only. */
import { z } from 'zod'

export const healthConfig = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('The address to bind; that of the pod, or 0.0.0.0, where an orchestrator asks from elsewhere.'),
  port: z.int().min(1).max(65_535).describe('A port of its own; never the relay’s.'),
  stalledSeconds: z
    .int()
    .min(1)
    .max(300)
    .default(10)
    .describe('A relay that has begun nothing for so long is no longer healthy: /healthz answers 503.'),
})

export type HealthConfig = z.infer<typeof healthConfig>

export const metricsConfig = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('The address to bind. Whoever reaches it can read it.'),
  port: z.int().min(1).max(65_535).describe('A port of its own; never the relay’s.'),
})

export type MetricsConfig = z.infer<typeof metricsConfig>

export const telemetryConfig = z.strictObject({
  otlpEndpoint: z
    .url({ protocol: /^https?$/ })
    .describe(
      'Where OTLP over HTTP (JSON) is taken, without /v1/…, e.g. http://127.0.0.1:4318. The environment’s OTEL_EXPORTER_OTLP_HEADERS is sent along.',
    ),
  traces: z.boolean().default(true).describe('Whether requests are traced.'),
  samplingRatio: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('Of how many requests, 0 to 1. A request that is part of a trace follows that one’s choice.'),
  auditLogs: z
    .boolean()
    .default(false)
    .describe('Whether audit records are exported as OTLP logs, too. The file stays the evidence.'),
})

export type TelemetryConfig = z.infer<typeof telemetryConfig>
