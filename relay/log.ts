import { type Logger, pino } from 'pino'
import type { RelayConfig } from '#shared/config/relay-config.ts'

/**
 * JSON lines on stdout, flat. Errors are written without the values that libraries hang on them.
 *
 * Lines of a tenth of a second leave together: a write for each took a tenth of a relay's time.
 */
export function createLog(level: RelayConfig['log']['level']): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Message and code alone: request options, headers and payloads stay out of the log.
      serializers: { err: describeError },
      redact: { paths: ['authorization', 'cookie', 'token'] },
    },
    pino.destination({ fd: 1, sync: false, minLength: 8192, periodicFlush: 100 }),
  )
}

let timeAt = 0
let timeText = ''

/** Made once a millisecond, however many lines there are in it. */
function isoTime(): string {
  const now = Date.now()
  if (now !== timeAt) {
    timeAt = now
    timeText = `,"time":"${new Date(now).toISOString()}"`
  }
  return timeText
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
