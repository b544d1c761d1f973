import { JetwayError } from '#shared/errors/jetway-error.ts'
import { openCheckpoint } from './checkpoint.ts'
import { leafHash } from './merkle-tree.ts'
import type { Verifier } from './note.ts'
import { decodeBase64 } from './note.ts'
import { isConsistent, isIncluded } from './proof.ts'

/** A proof in a file: that a record is in the log, or that an older checkpoint is of the same log. */
export type ProofFile =
  | {
      readonly kind: 'inclusion'
      readonly index: number
      /** The line, without its line feed. */
      readonly record: Buffer
      readonly hashes: readonly Buffer[]
      readonly checkpoint: string
    }
  | {
      readonly kind: 'consistency'
      readonly oldSize: number
      readonly hashes: readonly Buffer[]
      readonly checkpoint: string
    }

const inclusionHead = /^c2sp\.org\/tlog-proof@v1\nextra ([A-Za-z0-9+/]+={0,2})\nindex (0|[1-9][0-9]{0,14})$/
const consistencyHead = /^old (0|[1-9][0-9]{0,14})$/
const mostHashes = 64

/**
 * A proof of inclusion as of c2sp.org/tlog-proof, the record in `extra`; one of consistency as the body of
 * add-checkpoint in c2sp.org/tlog-witness.
 */
export function formatProof(proof: ProofFile): string {
  const head =
    proof.kind === 'inclusion'
      ? `c2sp.org/tlog-proof@v1\nextra ${proof.record.toString('base64')}\nindex ${proof.index}\n`
      : `old ${proof.oldSize}\n`
  return `${head}${proof.hashes.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${proof.checkpoint}`
}

/** @throws EVIDENCE_INVALID */
export function parseProof(text: string): ProofFile {
  const end = text.indexOf('\n\n')
  const lines = text.slice(0, end).split('\n')
  const headLines = lines[0]?.startsWith('old ') ? 1 : 3
  const head = lines.slice(0, headLines).join('\n')
  const hashes = lines.slice(headLines).map(decodeBase64)
  if (end < 0 || hashes.length > mostHashes || hashes.some((hash) => hash?.length !== 32)) throw noProof()
  const common = { hashes: hashes as Buffer[], checkpoint: text.slice(end + 2) }
  const [, oldSize] = consistencyHead.exec(head) ?? []
  if (oldSize !== undefined) return { kind: 'consistency', oldSize: Number(oldSize), ...common }
  const [, extra = '', index] = inclusionHead.exec(head) ?? []
  const record = decodeBase64(extra)
  if (!record || index === undefined) throw noProof()
  return { kind: 'inclusion', index: Number(index), record, ...common }
}

/**
 * @param old the older checkpoint, for a proof of consistency
 * @returns the size of the log that it was held against
 * @throws EVIDENCE_INVALID when it proves nothing
 */
export function checkProof(proof: ProofFile, verifier: Verifier, old: string | null): number {
  const { size, root } = openCheckpoint(proof.checkpoint, verifier)
  if (proof.kind === 'inclusion') {
    const leaf = leafHash(proof.record)
    if (!isIncluded({ leaf, index: proof.index, size, proof: proof.hashes, root }))
      throw new JetwayError('EVIDENCE_INVALID', {
        reason: 'The record is not in the log of this checkpoint.',
      })
    return size
  }
  if (old === null)
    throw new JetwayError('USAGE', { reason: 'Name the older checkpoint: --checkpoint <file>.' })
  const older = openCheckpoint(old, verifier)
  const { oldSize } = proof
  const isOf = older.size === oldSize
  if (!isOf || !isConsistent({ oldSize, oldRoot: older.root, size, root, proof: proof.hashes }))
    throw new JetwayError('EVIDENCE_INVALID', {
      reason: `The log of ${size} records does not continue the log of ${older.size}.`,
    })
  return size
}

function noProof(): JetwayError {
  return new JetwayError('EVIDENCE_INVALID', { reason: 'This is no proof.' })
}
