import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api'
import { type AnyValueMap, SeverityNumber } from '@opentelemetry/api-logs'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base'
import type { Logger } from 'pino'
import type { TelemetryConfig } from '#shared/config/observe.ts'
import { version } from '#shared/version.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Entry } from '../audit/log-record.ts'
import { createTracing, type Tracing } from './tracing.ts'

export interface Telemetry {
  /** Null where traces are off. */
  readonly tracing: Tracing | null
  /** Sends what is left, for some seconds at most. */
  close(): Promise<void>
}

const exportTimeoutMs = 3000

/**
 * Sends traces, and the audit records that are on the disk, to an OTLP collector. While that is away, what does not fit
 * in memory is dropped.
 */
export function startTelemetry(
  config: TelemetryConfig,
  environment: string,
  auditLog: AuditLog,
  log: Logger,
): Telemetry {
  diag.setLogger(diagLogger(log), DiagLogLevel.WARN)
  const resource = resourceFromAttributes({
    'service.name': 'jetway-relay',
    'service.version': version,
    'deployment.environment.name': environment,
  })
  const endpoint = config.otlpEndpoint.replace(/\/$/, '')
  const exporter = (signal: string) => ({ url: `${endpoint}/v1/${signal}`, timeoutMillis: exportTimeoutMs })
  const tracers = config.traces
    ? new BasicTracerProvider({
        resource,
        sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(config.samplingRatio) }),
        spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter(exporter('traces')))],
      })
    : null
  const loggers = config.auditLogs
    ? new LoggerProvider({
        resource,
        processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter(exporter('logs')) })],
      })
    : null
  const logger = loggers?.getLogger('jetway-audit', version)
  const stop = logger && auditLog.observe((entry) => logger.emit(logRecordOf(entry)))
  return {
    tracing: tracers && createTracing(tracers.getTracer('jetway-relay', version)),
    async close() {
      await auditLog.flush().catch(() => {})
      stop?.()
      await Promise.allSettled([tracers?.shutdown(), loggers?.shutdown()])
    },
  }
}

function logRecordOf(record: Entry) {
  return {
    eventName: `jetway.audit.${record.kind}`,
    timestamp: Date.parse(record.time),
    severityNumber: SeverityNumber.INFO,
    body: record as unknown as AnyValueMap,
    attributes: { 'jetway.request_id': record.id, 'jetway.verb': record.verb ?? undefined },
  }
}

function diagLogger(log: Logger): DiagLogger {
  const say = (level: 'warn' | 'debug') => (message: string) => log[level]({ reason: message }, 'telemetry')
  return {
    error: say('warn'),
    warn: say('warn'),
    info: say('debug'),
    debug: say('debug'),
    verbose: say('debug'),
  }
}
