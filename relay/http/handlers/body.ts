import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { confDigest } from '../../audit/conf-digest.ts'
import type { Exchange, Handler } from '../exchange.ts'

/**
 * Reads the body of a trigger, for what is recorded of it: the digest of its conf, and its run id. What was
 * read is what is forwarded. All other bodies stream through unread.
 *
 * @throws BODY_TOO_LARGE, BAD_REQUEST, STREAM_RESET
 */
export function body(limitBytes: number): Handler {
  return (next) => (exchange) => {
    if (!exchange.resolved?.operation.readsConf) return next(exchange)
    exchange.stage = 'body'
    return read(exchange, Math.min(limitBytes, exchange.maxBodyBytes)).then((bytes) => {
      exchange.body = bytes
      const document = parseObject(bytes)
      exchange.confDigest = confDigest(document.conf ?? null)
      if (typeof document.dag_run_id === 'string') exchange.runId = document.dag_run_id
      return next(exchange)
    })
  }
}

async function read(exchange: Exchange, limitBytes: number): Promise<Buffer> {
  const { request } = exchange
  const tooLarge = () => new JetwayError('BODY_TOO_LARGE', { limit: limitBytes })
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge()
  if (request.headers['content-encoding'] !== undefined) {
    throw new JetwayError('BAD_REQUEST', { reason: 'The body must not be compressed here.' })
  }
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      exchange.receivedBytes = bytes
      if (bytes > limitBytes) throw tooLarge()
      chunks.push(chunk)
    }
  } catch (error) {
    throw asJetwayError(error, 'STREAM_RESET')
  }
  return Buffer.concat(chunks)
}

function parseObject(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>
    }
  } catch {
    // Said below, in the same words
  }
  throw new JetwayError('BAD_REQUEST', { reason: 'The body has to be a JSON object.' })
}
