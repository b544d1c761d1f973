import { existsSync, readFileSync } from 'node:fs'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { parseVkey, type Verifier } from '../audit/note.ts'

/** @throws USAGE when it cannot be read */
export function readGiven(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const reason = `${path} cannot be read (${(cause as NodeJS.ErrnoException).code}).`
    throw new JetwayError('USAGE', { reason }, { cause })
  }
}

/** @param given a verifier key, or a file that holds one */
export function readVerifier(given: string): Verifier {
  return parseVkey(!existsSync(given) && given.includes('+') ? given : readGiven(given))
}

/** @throws USAGE when there is no such log */
export function logGiven(path: string): string {
  if (existsSync(path)) return path
  throw new JetwayError('USAGE', { reason: `There is no audit log ${path}.` })
}
