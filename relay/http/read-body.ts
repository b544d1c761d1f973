import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Exchange } from './exchange.ts'
import { askForBody } from './expect.ts'

/**
 * Reads a body whole.
 *
 * @throws BODY_TOO_LARGE, BAD_REQUEST, STREAM_RESET
 */
export async function readBody(exchange: Exchange, limitBytes: number): Promise<Buffer> {
  const { request, response } = exchange
  const tooLarge = () => new JetwayError('BODY_TOO_LARGE', { limit: limitBytes })
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge()
  if (request.headers['content-encoding'] !== undefined) {
    throw new JetwayError('BAD_REQUEST', { reason: 'The body must not be compressed here.' })
  }
  askForBody(exchange)
  const chunks: Buffer[] = []
  let bytes = 0
  return new Promise((resolve, reject) => {
    // Not an iterator: one that is left early destroys the connection, and with it the answer.
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      exchange.receivedBytes = bytes
      if (bytes > limitBytes) reject(tooLarge())
      else chunks.push(chunk)
    })
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', reject)
    response.once('close', () => reject(exchange.error ?? new JetwayError('STREAM_RESET')))
  })
}
