import { type Readable, Transform } from 'node:stream'
import type { Dispatcher } from 'undici'
import { errors as undiciErrors } from 'undici'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { askForBody } from '../http/expect.ts'
import { applyEdits } from '../http/header-edits.ts'
import { requestHeaders, responseHeaders } from './headers.ts'
import { ownOrigin } from './own-origin.ts'
import type { Upstream } from './upstream.ts'

/** As much of an answer as is read for what it says of the run that was made. */
const maxCaptureBytes = 65_536

/**
 * Sends the request to the upstream as it came, with the headers that say who asks, and the answer back,
 * streaming both ways. Nothing is ever sent twice.
 *
 * Resolves true once the answer has begun.
 *
 * @throws UPSTREAM_UNREACHABLE (a retry can help), UPSTREAM_TIMEOUT (look first whether it was done)
 */
export function forward(exchange: Exchange, upstream: Upstream, identity: readonly string[]): Promise<true> {
  const { request } = exchange
  return new Promise((resolve, reject) => {
    const headers = requestHeaders(request.rawHeaders, upstream.ownHeaders)
    if (exchange.edits) applyEdits(headers, exchange.edits.request)
    headers.push(...identity, 'x-forwarded-for', exchange.address)
    const capture = exchange.resolved?.operation.runIdInResponse ? new RunIdCapture() : null
    if (capture) refuseCompression(headers)
    upstream.pool.dispatch(
      {
        method: request.method as Dispatcher.HttpMethod,
        path: request.url as string,
        headers,
        body: bodyOf(exchange),
        blocking: false,
      },
      answering(exchange, upstream, capture, resolve, reject),
    )
  })
}

/** Passes an upstream's answer on as it comes. Resolves once it has begun. */
export function answering(
  exchange: Exchange,
  upstream: Upstream,
  capture: RunIdCapture | null,
  resolve: (begun: true) => void,
  reject: (error: JetwayError) => void,
): Dispatcher.DispatchHandler {
  const { request, response } = exchange
  let controller: Dispatcher.DispatchController | null = null
  let ended = false
  // The person went away in the middle of it, or was answered for what was wrong with the body.
  response.once('close', () => {
    if (!ended) controller?.abort(exchange.error ?? new JetwayError('STREAM_RESET'))
  })
  const end = () => {
    ended = true
    response.end()
  }
  return {
    onRequestStart(c) {
      controller = c
      if (response.writableEnded || response.destroyed) {
        c.abort(exchange.error ?? new JetwayError('STREAM_RESET'))
      }
    },
    onResponseStart(c, status) {
      // 1xx are for this hop
      if (status < 200 || response.headersSent) return
      response.writeHead(status, answerHeaders(exchange, upstream, status, c.rawHeaders))
      resolve(true)
      // These end with their head, whatever it says of a body (RFC 9112 §6.3).
      if (status === 204 || status === 304 || request.method === 'HEAD') end()
    },
    onResponseData(c, chunk) {
      exchange.sentBytes += chunk.length
      capture?.push(chunk)
      if (response.write(chunk)) return
      c.pause()
      response.once('drain', () => c.resume())
    },
    onResponseEnd() {
      if (capture) exchange.runId = capture.runId() ?? exchange.runId
      if (!ended) end()
    },
    onResponseError(_c, error) {
      if (ended) return
      exchange.error ??= upstreamError(error)
      if (response.headersSent) response.destroy()
      reject(exchange.error)
    },
  }
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
  askForBody(exchange)
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
  request.pipe(counter)
  // After an early answer the rest is taken and dropped: the next request of the connection comes behind it. Not
  // before the pipe has let go, which stops what it comes from.
  counter.once('close', () => request.resume())
  return counter
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

/** @param raw as undici has them */
export function answerHeaders(
  exchange: Exchange,
  upstream: Upstream,
  status: number,
  raw: Dispatcher.DispatchController['rawHeaders'],
): string[] {
  const text = (raw as Buffer[]).map((value) => value.toString('latin1'))
  return responseHeaders(status, text, {
    upstream,
    ownOrigin: ownOrigin(exchange, upstream),
    requestId: exchange.id,
    edits: exchange.edits,
  })
}

function upstreamError(error: Error): JetwayError {
  if (error instanceof JetwayError) return error
  const isTimeout =
    error instanceof undiciErrors.HeadersTimeoutError || error instanceof undiciErrors.BodyTimeoutError
  return new JetwayError(isTimeout ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNREACHABLE', {}, { cause: error })
}
