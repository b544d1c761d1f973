import { JetwayError } from '#shared/errors/jetway-error.ts'
import { proveConsistency, proveRecord } from '../audit/prove.ts'
import { formatProof } from '../audit/tlog-proof.ts'
import { logGiven, readVerifier } from './audit-files.ts'

/** Prints a proof, for others to verify without the log. */
export async function auditProve(
  file: string,
  { key, record, consistency }: { key: string; record?: string; consistency?: string },
): Promise<void> {
  const verifier = readVerifier(key)
  const log = logGiven(file)
  if ((record === undefined) === (consistency === undefined))
    throw new JetwayError('USAGE', { reason: 'Name a record (--record) or an older size (--consistency).' })
  const proof =
    record === undefined
      ? await proveConsistency(log, verifier, Number(consistency))
      : await proveRecord(log, verifier, record)
  process.stdout.write(formatProof(proof))
}
