import { type Readable, Transform } from 'node:stream'
import type { Dispatcher } from 'undici'
import { errors as undiciErrors } from 'undici'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { applyEdits } from '../http/header-edits.ts'
import { requestHeaders, writeResponseHead } from './headers.ts'
import type { Upstream } from './upstream.ts'

/** As much of an answer as is read for what it says of the run that was made. */
const maxCaptureBytes = 65_536

/**
 * Sends the request to the upstream as it came, with the credential that was made for it, and the answer back,
 * streaming both ways. Nothing is ever sent twice.
 *
 * Resolves true once the answer has begun.
 *
 * @throws UPSTREAM_UNREACHABLE (a retry can help), UPSTREAM_TIMEOUT (look first whether it was done)
 */
export function forward(exchange: Exchange, upstream: Upstream, credential: string): Promise<true> {
  const { request, response } = exchange
  return new Promise((resolve, reject) => {
    const headers = requestHeaders(request.rawHeaders)
    if (exchange.edits) applyEdits(headers, exchange.edits.request)
    headers.push('authorization', `Bearer ${credential}`, 'x-forwarded-for', exchange.address)
    const capture = exchange.resolved?.operation.runIdInResponse ? new RunIdCapture() : null
    if (capture) refuseCompression(headers)
    let controller: Dispatcher.DispatchController | null = null

    let isOver = false
    response.once('close', () => {
      // The person went away in the middle of it, or it was answered by someone else.
      if (!isOver) controller?.abort(new JetwayError('STREAM_RESET'))
    })
    const ownOrigin = `http://${request.headers.host}`
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(c) {
        controller = c
        if (response.destroyed || response.writableEnded) c.abort(new JetwayError('STREAM_RESET'))
      },
      onResponseStart(c, status) {
        // 1xx are for this hop
        if (status < 200 || response.headersSent) return
        writeResponseHead(response, status, textOf(c.rawHeaders), {
          upstreamOrigin: upstream.origin,
          ownOrigin,
          requestId: exchange.id,
          edits: exchange.edits,
        })
        resolve(true)
      },
      onResponseData(c, chunk) {
        exchange.sentBytes += chunk.length
        capture?.push(chunk)
        if (response.write(chunk)) return
        c.pause()
        response.once('drain', () => c.resume())
      },
      onResponseEnd() {
        isOver = true
        if (capture) exchange.runId = capture.runId() ?? exchange.runId
        response.end()
      },
      onResponseError(_c, error) {
        isOver = true
        exchange.error ??= upstreamError(error)
        if (response.headersSent) response.destroy()
        reject(exchange.error)
      },
    }
    upstream.pool.dispatch(
      {
        method: request.method as Dispatcher.HttpMethod,
        path: request.url as string,
        headers,
        body: bodyOf(exchange),
        blocking: false,
      },
      handler,
    )
  })
}

function bodyOf(exchange: Exchange): Buffer | Readable | null {
  const { request } = exchange
  if (exchange.body) {
    exchange.receivedBytes = exchange.body.length
    return exchange.body
  }
  const length = request.headers['content-length']
  if (request.headers['transfer-encoding'] === undefined && (length === undefined || length === '0'))
    return null
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      exchange.receivedBytes += chunk.length
      const { maxBodyBytes } = exchange
      if (exchange.receivedBytes <= maxBodyBytes) callback(null, chunk)
      else callback(new JetwayError('BODY_TOO_LARGE', { limit: maxBodyBytes }))
    },
  })
  request.once('error', (error) => counter.destroy(error))
  request.once('close', () => {
    if (!request.complete) counter.destroy(new JetwayError('STREAM_RESET'))
  })
  return request.pipe(counter)
}

/** The answer to a trigger names the run it made. */
class RunIdCapture {
  #chunks: Buffer[] = []
  #bytes = 0

  push(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes <= maxCaptureBytes) this.#chunks.push(chunk)
  }

  runId(): string | null {
    if (this.#bytes > maxCaptureBytes) return null
    try {
      const document = JSON.parse(Buffer.concat(this.#chunks).toString()) as { dag_run_id?: unknown } | null
      return typeof document?.dag_run_id === 'string' ? document.dag_run_id : null
    } catch {
      // Not a run: an error of Airflow's, which goes to the person as it is.
      return null
    }
  }
}

/** So that the answer can be read here. */
function refuseCompression(headers: string[]): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    if (headers[i]?.toLowerCase() === 'accept-encoding') headers.splice(i, 2)
  }
  headers.push('accept-encoding', 'identity')
}

export function textOf(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  return (raw as Buffer[]).map((value) => value.toString('latin1'))
}

export function upstreamError(error: Error): JetwayError {
  if (error instanceof JetwayError) return error
  const isTimeout =
    error instanceof undiciErrors.HeadersTimeoutError || error instanceof undiciErrors.BodyTimeoutError
  return new JetwayError(isTimeout ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNREACHABLE', {}, { cause: error })
}
