import { z } from 'zod'
import { type ErrorCode, errorTable } from '../errors/table.ts'
import { encodeMessage, type Message, protocolError } from './message.ts'
import { messageType } from './wire.ts'

const challenge = z.strictObject({
  /** Why it was refused, and what the person is told. */
  code: z.string().refine((code): code is ErrorCode => Object.hasOwn(errorTable, code)),
  detail: z.string().min(1).max(2000),
  /** Values of `acr` with spaces between, any of them; null for any at all. */
  acrValues: z.string().min(1).max(4000).nullable(),
  /** How long ago the sign-in may be, in seconds; null for any time. */
  maxAge: z.int().nonnegative().nullable(),
})

/** The sign-in with which the relay would allow what it refused (RFC 9470 §3). */
export type Challenge = z.infer<typeof challenge>

export function encodeChallenge(value: Challenge): Uint8Array {
  return encodeMessage(messageType.CHALLENGE, 0, new TextEncoder().encode(JSON.stringify(value)))
}

/** @throws PROTOCOL_ERROR when it is none */
export function parseChallenge({ payload }: Message): Challenge {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch {
    throw protocolError('challenge is not JSON')
  }
  const parsed = challenge.safeParse(value)
  if (!parsed.success) throw protocolError('challenge is none')
  return parsed.data
}
