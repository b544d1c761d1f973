import { type DestinationStream, type Logger, pino } from 'pino'
import type { RelayConfig } from '#shared/config/relay-config.ts'

const gatherMs = 100
const mostLines = 256

/** Never written, whatever is under these names. Deeper ones would cost each line three times as much. */
const redacted = [
  'authorization',
  'cookie',
  'token',
  'accessToken',
  'headers',
  'request',
  'response',
  'req',
  'res',
]

/**
 * JSON lines on stdout, flat. Errors are written without the values that libraries hang on them, and their messages
 * without what could be a credential.
 *
 * Lines of a tenth of a second leave together: a write for each took a tenth of a relay's time.
 */
export function createLog(
  level: RelayConfig['log']['level'],
  destination: DestinationStream = gathered(pino.destination({ fd: 1, sync: false })),
): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Message and code alone: request options, headers and payloads stay out of the log.
      serializers: { err: describeError },
      redact: { paths: redacted },
    },
    destination,
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
    message: withoutSecrets(message),
    ...('code' in error ? { code: error.code } : {}),
    ...('claim' in error ? { claim: error.claim } : {}),
    ...(error.cause instanceof Error ? { cause: describeError(error.cause) } : {}),
  }
}

/** Of a message; a peer may have put a whole page into it. */
const longestMessage = 2000

/** Without JWTs, credentials after their scheme, values of telling parameters, and passwords in URLs. */
function withoutSecrets(text: string): string {
  return text
    .slice(0, longestMessage)
    .replace(/\beyJ[\w-]*(\.[\w-]*)*/g, '[token]')
    .replace(/\b(bearer|basic|dpop)\s+[^\s"',]+/gi, '$1 [secret]')
    .replace(/([?&]code=)[^\s"'&]+/g, '$1[secret]')
    .replace(
      /(\w*(?:token|secret|password|assertion|cookie)["']?\s*[=:]\s*["']?)[^\s"'&,;}]+/gi,
      '$1[secret]',
    )
    .replace(/(:\/\/)[^\s/@]+@/g, '$1[secret]@')
}
