import { JetwayError } from '#shared/errors/jetway-error.ts'
import { lastCheckpointLine, parseKept } from '../audit/checkpoint-file.ts'
import { LogFiles } from '../audit/log-files.ts'
import { logGiven, readVerifier } from './audit-files.ts'

/** Prints the last checkpoint, to be kept where nobody who can write to the log can write. */
export async function auditCheckpoint(file: string, { key }: { key: string }): Promise<void> {
  const kept = await lastCheckpointLine(new LogFiles(logGiven(file)).checkpoints)
  if (kept === null) throw new JetwayError('USAGE', { reason: `${file} has no checkpoint yet.` })
  process.stdout.write(parseKept(kept, readVerifier(key)).note)
}
