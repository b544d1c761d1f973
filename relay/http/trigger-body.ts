import { JetwayError } from '#shared/errors/jetway-error.ts'
import { confDigest } from '../audit/conf-digest.ts'
import { confFacts } from '../policy/conf-facts.ts'
import type { Exchange } from './exchange.ts'

/**
 * Reads the body of a trigger: its conf, for what is decided on it and recorded of it, and its run id. What was read is
 * what is forwarded.
 *
 * @throws BODY_TOO_LARGE, BAD_REQUEST
 */
export async function readTriggerBody(exchange: Exchange, limitBytes: number): Promise<void> {
  const bytes = await read(exchange, limitBytes)
  const document = parseObject(bytes)
  const conf = document.conf ?? null
  if (conf !== null && !isObject(conf)) {
    throw new JetwayError('BAD_REQUEST', { reason: 'The conf has to be a JSON object.' })
  }
  exchange.body = bytes
  exchange.confDigest = confDigest(conf)
  exchange.conf = confFacts(conf)
  if (typeof document.dag_run_id === 'string') exchange.runId = document.dag_run_id
}

async function read({ request }: Exchange, limitBytes: number): Promise<Buffer> {
  const tooLarge = () => new JetwayError('BODY_TOO_LARGE', { limit: limitBytes })
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge()
  if (request.headers['content-encoding'] !== undefined) {
    throw new JetwayError('BAD_REQUEST', { reason: 'The body must not be compressed here.' })
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > limitBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parseObject(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (isObject(value)) return value
  } catch {
    // Said below, in the same words
  }
  throw new JetwayError('BAD_REQUEST', { reason: 'The body has to be a JSON object.' })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
