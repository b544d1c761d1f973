import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JetwayError } from '#shared/errors/jetway-error.ts'
import { pageSecurityPolicy, problemPage, wantsPage } from '#shared/errors/page.ts'
import { problemOf } from '#shared/errors/problem.ts'
import { challengeOf } from './challenge.ts'
import type { StepUpAnswer } from './step-up.ts'

/**
 * Answers with an error: a page for a browser's navigation, RFC 9457 problem+json for everything else.
 *
 * @param o.inBrowser where a browser is known to wait, whatever its method
 * @param o.stepUp where another sign-in is asked for
 */
export function respondProblem(
  request: IncomingMessage,
  response: ServerResponse,
  error: JetwayError,
  requestId: string,
  o: { readonly inBrowser?: boolean; readonly stepUp?: StepUpAnswer | null } = {},
): number {
  const { inBrowser = false, stepUp = null } = o
  const whole = problemOf(error, requestId)
  const problem = { ...whole, status: stepUp?.status ?? whole.status }
  const isPage = inBrowser || wantsPage(request.method, request.headers)
  const body = isPage ? problemPage(problem) : `${JSON.stringify(problem)}\n`
  response.writeHead(problem.status, {
    'content-type': isPage ? 'text/html; charset=utf-8' : 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-request-id': requestId,
    'x-content-type-options': 'nosniff',
    ...(stepUp ? { 'www-authenticate': stepUp.challenge } : challengeOf(error)),
    ...(isPage ? { 'content-security-policy': pageSecurityPolicy, 'referrer-policy': 'no-referrer' } : {}),
    ...(problem.retry && (problem.status === 503 || problem.status === 429)
      ? { 'retry-after': String(error.params.retryAfterSeconds ?? 1) }
      : {}),
    // What is left of the request's body is not worth reading.
    ...(request.complete ? {} : { connection: 'close' }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
  return request.method === 'HEAD' ? 0 : Buffer.byteLength(body)
}
