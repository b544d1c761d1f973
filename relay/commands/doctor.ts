import { readFileSync } from 'node:fs'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { loadConfig } from '../config/load.ts'
import type { Finding } from '../doctor/finding.ts'
import { examineIdentity } from '../doctor/identity.ts'

const maxTokenFileBytes = 65_536
const stdin = 0

/**
 * Says whether people and machines can sign in, and what is missing.
 *
 * @throws IDENTITY_UNSOUND when something is, CONFIG_INVALID, USAGE when the token cannot be read
 */
export async function doctorIdentity(o: {
  config: string
  tokenFile?: string
  json: boolean
}): Promise<void> {
  const config = loadConfig(o.config)
  const token = o.tokenFile === undefined ? null : readToken(o.tokenFile)
  const checks = await examineIdentity(config, token)
  process.stdout.write(o.json ? `${JSON.stringify({ checks })}\n` : wordsOf(checks))
  const failed = checks.filter(({ level }) => level === 'fault').length
  if (failed > 0) throw new JetwayError('IDENTITY_UNSOUND', { failed, total: checks.length })
}

/** Never of the command line, which other users of a machine can read. */
function readToken(file: string): string {
  try {
    const text = readFileSync(file === '-' ? stdin : file, 'utf8')
    if (text.length > maxTokenFileBytes) throw new Error('too large')
    const token = text.trim()
    if (token === '') throw new Error('empty')
    return token
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const reason = `${file === '-' ? 'Standard input' : file} holds no token that can be read (${code ?? message}).`
    throw new JetwayError('USAGE', { reason }, { cause })
  }
}

const marks: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok  ',
  note: 'note',
  warning: 'warn',
  fault: 'FAIL',
}

function wordsOf(checks: readonly Finding[]): string {
  const lines = [...new Set(checks.map(({ about }) => about))].flatMap((about) => [
    about,
    ...checks
      .filter((check) => check.about === about)
      .flatMap(({ level, check, what, remedy }) => [
        `  ${marks[level]} ${check}: ${what}`,
        ...(remedy === null ? [] : [`         ${remedy}`]),
      ]),
  ])
  return `${lines.join('\n')}\n`
}
