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
import type { AuditRecord } from '../audit/record.ts'
import { createTracing, type Tracing } from './tracing.ts'

export interface Telemetry {
  /** Null where traces are off. */
  readonly tracing: Tracing | null
  /** The same log, of which a copy of each record is exported where that is on. */
  exporting(auditLog: AuditLog): AuditLog
  /** Sends what is left, for some seconds at most. */
  close(): Promise<void>
}

const exportTimeoutMs = 3000

/** Sends traces and audit records to an OTLP collector. While that is away, what does not fit in memory is dropped. */
export function startTelemetry(config: TelemetryConfig, environment: string, log: Logger): Telemetry {
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
  return {
    tracing: tracers && createTracing(tracers.getTracer('jetway-relay', version)),
    exporting(auditLog) {
      if (!loggers) return auditLog
      const logger = loggers.getLogger('jetway-audit', version)
      return {
        get writable() {
          return auditLog.writable
        },
        append(record) {
          auditLog.append(record)
          logger.emit(logRecordOf(record))
        },
        flush: () => auditLog.flush(),
        reopen: () => auditLog.reopen(),
        close: () => auditLog.close(),
      }
    },
    async close() {
      await Promise.allSettled([tracers?.shutdown(), loggers?.shutdown()])
    },
  }
}

function logRecordOf(record: AuditRecord) {
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
