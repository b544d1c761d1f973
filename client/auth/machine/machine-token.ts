import { decodeJwt } from 'jose'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Person } from '#shared/ipc/control.ts'
import type { DpopKey } from '../dpop-key.ts'

export interface MachineToken {
  readonly accessToken: string
  /** Seconds since the epoch. */
  readonly expires: number
  /** That it is bound to; null where whoever holds it may use it. */
  readonly key: DpopKey | null
  /** Whom it names, for the person who looks; the relay decides who it is. */
  readonly person: Person
}

/** @throws MACHINE_TOKEN_MISSING when it is no JWT with an end and a subject */
export function machineTokenOf(text: string, source: string): MachineToken {
  const accessToken = text.trim()
  try {
    const { exp, sub, preferred_username: name } = decodeJwt(accessToken)
    if (typeof exp === 'number' && typeof sub === 'string')
      return {
        accessToken,
        expires: exp,
        key: null,
        person: { subject: sub, name: typeof name === 'string' ? name : sub, email: null },
      }
  } catch (cause) {
    throw noToken(`${source} holds no signed token.`, cause)
  }
  throw noToken(`${source} holds a token without an end or a subject.`)
}

export function noToken(reason: string, cause?: unknown): JetwayError {
  return new JetwayError('MACHINE_TOKEN_MISSING', { reason }, { cause })
}
