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
    ...(requestId === undefined ? {} : { instance: `urn:jetway:request:${requestId}` }),
  }
}
