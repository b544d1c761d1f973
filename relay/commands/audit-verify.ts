import { JetwayError } from '#shared/errors/jetway-error.ts'
import { checkExport } from '../audit/export.ts'
import type { Verifier } from '../audit/note.ts'
import { checkProof, parseProof } from '../audit/tlog-proof.ts'
import { type Report, verifyLog } from '../audit/verify.ts'
import { logGiven, readGiven, readVerifier } from './audit-files.ts'

export interface VerifyOptions {
  readonly key: string
  readonly checkpoint: readonly string[]
  readonly proof?: string
  readonly export?: string
  readonly json?: true
}

/**
 * Verifies a log, a proof or an export, by the public key alone.
 *
 * @throws EVIDENCE_INVALID that names the first thing that is wrong
 */
export async function auditVerify(file: string, options: VerifyOptions): Promise<void> {
  const verifier = readVerifier(options.key)
  if (options.proof !== undefined) return verifyProof(options.proof, options.checkpoint, verifier)
  if (options.export !== undefined) return verifyExport(options.export, verifier)
  const outside = options.checkpoint.map((path) => ({ file: path, note: readGiven(path) }))
  const report = await verifyLog(logGiven(file), verifier, outside)
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else process.stdout.write(inWords(report))
  const { fault } = report
  if (!fault) return
  const where = fault.line === null ? fault.file : `${fault.file}:${fault.line}`
  throw new JetwayError('EVIDENCE_INVALID', { reason: `${fault.kind}: ${where}: ${fault.what}` })
}

function verifyProof(path: string, checkpoints: readonly string[], verifier: Verifier): void {
  const proof = parseProof(readGiven(path))
  const [old] = checkpoints
  const size = checkProof(proof, verifier, old === undefined ? null : readGiven(old))
  process.stdout.write(
    proof.kind === 'inclusion'
      ? `Good: record ${proof.index} is in the log of ${size} records.\n${proof.record}\n`
      : `Good: the log of ${size} records continues that of ${proof.oldSize}.\n`,
  )
}

async function verifyExport(path: string, verifier: Verifier): Promise<void> {
  const { time, rows, query } = await checkExport(path, readGiven(`${path}.manifest`), verifier)
  process.stdout.write(`Good: exported at ${time}, ${rows} rows, asked for ${JSON.stringify(query)}.\n`)
}

function inWords(report: Report): string {
  const { fault, first, size, signedSize, signedAt, checkpoints } = report
  const lines = [
    `${fault ? 'In order' : 'Good'}: ${size - first} records, ${first} to ${size - 1}, and ${checkpoints} checkpoints.`,
    ...(first > 0 ? [`What was before record ${first} was retired, as the log says.`] : []),
    signedAt === null
      ? 'No checkpoint was signed yet.'
      : `The last checkpoint was signed at ${signedAt}; ${Math.max(0, size - signedSize)} records came later.`,
    ...report.findings,
  ]
  return `${lines.join('\n')}\n`
}
