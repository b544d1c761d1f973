import type { JetwayError } from './jetway-error.ts'
import type { ErrorCode } from './table.ts'

/** RFC 9457 problem details, as sent over HTTP, the control socket and IPC. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** What the person can do next. */
  readonly action: string
  readonly code: ErrorCode
  /** Whether the same attempt can succeed later without anyone changing anything. */
  readonly retry: boolean
  /** The id of the request, as in the relay's log and audit. */
  readonly instance?: string
  /** The sign-in with which it would be allowed (RFC 9470 §3): values of `acr` with spaces between, any of them … */
  readonly acrValues?: string
  /** … and how long ago it may be, in seconds. */
  readonly maxAge?: number
  /** A free port of this machine, where another one is taken. */
  readonly suggestedPort?: number
}

/** The problem document of an error. Carries nothing of its cause. */
export function problemOf(error: JetwayError, requestId?: string): Problem {
  const { title, http, retry } = error.entry
  return {
    type: `urn:jetway:error:${error.code}`,
    title,
    status: http,
    detail: error.message,
    action: error.action,
    code: error.code,
    retry,
    ...stepUpOf(error),
    ...(typeof error.params.suggestion === 'number' ? { suggestedPort: error.params.suggestion } : {}),
    ...(requestId === undefined ? {} : { instance: `urn:jetway:request:${requestId}` }),
  }
}

/** The sign-in that an error asks for; nothing where another one would not help. */
export function stepUpOf({ params }: JetwayError): Pick<Problem, 'acrValues' | 'maxAge'> {
  const { acrValues, maxAge } = params
  return {
    ...(typeof acrValues === 'string' ? { acrValues } : {}),
    ...(typeof maxAge === 'number' ? { maxAge } : {}),
  }
}

/** Whether another sign-in would help. */
export function asksForStepUp(error: JetwayError): boolean {
  return Object.keys(stepUpOf(error)).length > 0
}
