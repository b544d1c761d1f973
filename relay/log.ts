import { type DestinationStream, type Logger, pino } from 'pino'
import type { RelayConfig } from '#shared/config/relay-config.ts'

const gatherMs = 100
const mostLines = 256

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
    gathered(pino.destination({ fd: 1, sync: false })),
  )
}

/** sonic-boom would gather as well, but looks at all that it holds at each line. */
function gathered(destination: ReturnType<typeof pino.destination>): DestinationStream {
  let lines: string[] = []
  let timer: NodeJS.Timeout | undefined
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    if (lines.length > 0) destination.write(lines.join(''))
    lines = []
  }
  process.once('exit', () => {
    flush()
    destination.flushSync()
  })
  return {
    write(line) {
      lines.push(line)
      if (lines.length >= mostLines) flush()
      else timer ??= setTimeout(flush, gatherMs)
    },
  }
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
