/**
 * What `jetway-relay reload`, `status`, `signing-keys` and `requests` say to a relay that runs: one JSON object on a line, answered by
 * one JSON object on a line.
 */
import { z } from 'zod'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Problem } from '#shared/errors/problem.ts'
import type { AccessRequest } from '#shared/ipc/access-requests.ts'
import { maxReasonChars } from '#shared/ipc/reason.ts'
import type { KeyringInfo } from '../oauth/keyrings.ts'
import type { ReloadResult } from '../reload/reloader.ts'
import type { RelayStatus } from '../status.ts'

const request = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('status') }),
  z.strictObject({
    command: z.literal('reload'),
    allowWidening: z.boolean(),
    dryRun: z.boolean(),
    /** Who runs the command, as the command says. */
    user: z.string().min(1).max(256),
  }),
  z.strictObject({ command: z.literal('signing-keys') }),
  z.strictObject({
    command: z.literal('rotate-keys'),
    path: z.string().min(1).max(256).nullable(),
    now: z.boolean(),
    user: z.string().min(1).max(256),
  }),
  z.strictObject({ command: z.literal('access-requests') }),
  z.strictObject({
    command: z.literal('end-access-request'),
    id: z.string().min(1).max(64),
    reason: z.string().min(1).max(maxReasonChars),
    user: z.string().min(1).max(256),
  }),
])

export type ControlRequest = z.infer<typeof request>

export interface ControlResults {
  readonly status: RelayStatus
  readonly reload: ReloadResult
  readonly 'signing-keys': readonly KeyringInfo[]
  readonly 'rotate-keys': readonly KeyringInfo[]
  readonly 'access-requests': readonly AccessRequest[]
  readonly 'end-access-request': AccessRequest
}

export type ControlAnswer =
  | { readonly result: ControlResults[ControlRequest['command']] }
  | { readonly error: Problem }

/** @throws USAGE */
export function parseRequest(line: string): ControlRequest {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new JetwayError('USAGE', { reason: 'That is no JSON.' })
  }
  const parsed = request.safeParse(value)
  if (parsed.success) return parsed.data
  const reason = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  throw new JetwayError('USAGE', { reason })
}
