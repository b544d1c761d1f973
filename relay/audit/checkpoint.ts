import type { KeyObject } from 'node:crypto'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { decodeBase64, openNote, signNote, type Verifier } from './note.ts'

/**
 * How large a log was, and the root of its tree then.
 *
 * @see https://c2sp.org/tlog-checkpoint
 */
export interface Checkpoint {
  /** Which log: also the name of the key that signs. */
  readonly origin: string
  readonly size: number
  readonly root: Buffer
}

const form = /^([^\n]+)\n(0|[1-9][0-9]{0,14})\n([A-Za-z0-9+/]{43}=)\n(?:[^\n]+\n)*$/

/** @returns the signed note */
export function signCheckpoint({ origin, size, root }: Checkpoint, key: KeyObject): string {
  return signNote(`${origin}\n${size}\n${root.toString('base64')}\n`, origin, key)
}

/** @throws EVIDENCE_INVALID when it is none, of another log, or not signed by the key */
export function openCheckpoint(note: string, verifier: Verifier): Checkpoint {
  const [, origin, size, base64 = ''] = form.exec(openNote(note, verifier)) ?? []
  const root = decodeBase64(base64)
  if (origin === undefined || root?.length !== 32) throw invalid('This is no checkpoint.')
  if (origin !== verifier.name) throw invalid(`This is a checkpoint of another log, ${origin}.`)
  return { origin, size: Number(size), root }
}

function invalid(reason: string): JetwayError {
  return new JetwayError('EVIDENCE_INVALID', { reason })
}
