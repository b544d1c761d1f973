import { type Logger, pino } from 'pino'
import type { RelayConfig } from '#shared/config/relay-config.ts'

/** JSON lines on stdout. Errors are written without the values that libraries hang on them. */
export function createLog(level: RelayConfig['log']['level']): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    // Message and code alone: request options, headers and payloads stay out of the log.
    serializers: { err: describeError },
    redact: { paths: ['authorization', 'cookie', '*.authorization', '*.cookie', 'token', '*.token'] },
  })
}

function describeError(error: unknown): object | undefined {
  if (!(error instanceof Error)) return undefined
  const { name, message } = error
  return {
    name,
    message,
    ...('code' in error ? { code: error.code } : {}),
    ...('claim' in error ? { claim: error.claim } : {}),
    ...(error.cause instanceof Error ? { cause: describeError(error.cause) } : {}),
  }
}
