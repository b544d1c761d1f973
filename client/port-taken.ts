import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { TakenPort } from '#shared/ipc/control.ts'
import { freePortNear } from './free-port.ts'
import { findPortOwner } from './port-owner/port-owner.ts'

/**
 * PORT_TAKEN, with who has it and the next free port.
 *
 * @param reserved ports that are not to be suggested
 */
export async function portTaken(
  port: number,
  owner: string,
  reserved: ReadonlySet<number>,
  cause?: unknown,
): Promise<JetwayError> {
  return portTakenBy(port, { owner, suggestion: await freePortNear(port, reserved) }, cause)
}

/** PORT_TAKEN, as a service's status tells it. */
export function portTakenBy(port: number, { owner, suggestion }: TakenPort, cause?: unknown): JetwayError {
  return new JetwayError('PORT_TAKEN', { port, owner, suggestion: suggestion ?? none }, { cause })
}

/** In words, who has a port that `cause` kept us from. */
export async function ownerOf(port: number, cause?: NodeJS.ErrnoException): Promise<string> {
  const owner = await findPortOwner(port)
  return owner ?? (cause?.code === 'EACCES' ? 'the system, for administrators' : 'another program')
}

/** What a PORT_TAKEN says, for programs; null for any other error. */
export function takenPortOf({ code, params }: JetwayError): TakenPort | null {
  if (code !== 'PORT_TAKEN') return null
  const { owner, suggestion } = params
  return { owner: String(owner), suggestion: typeof suggestion === 'number' ? suggestion : null }
}

const none = 'one that is free'
