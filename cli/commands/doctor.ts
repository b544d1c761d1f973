import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Finding } from '#shared/ipc/finding.ts'
import { joinOrStartEngine, type TokenStoreOptions } from '../engine-access.ts'
import { pickEnvironment } from '../environment-choice.ts'
import type { Output } from '../output.ts'

/**
 * Looks at each step between this machine and a relay, and says what to do about those that fail.
 *
 * @throws ENVIRONMENT_UNSOUND when one does
 */
export async function doctor(
  environment: string | undefined,
  options: TokenStoreOptions,
  output: Output,
): Promise<void> {
  const access = await joinOrStartEngine(options, {
    finding: ({ finding: { state, title } }) => {
      if (state === 'running') output.note(`${title} …`)
    },
  })
  try {
    const { client } = access
    const { name, relayUrl } = pickEnvironment(await client.request('status', {}), environment)
    const findings = await client.request('diagnose', { environment: name })
    output.say(report(`${name} · ${relayUrl}`, findings), {
      event: 'diagnosed',
      environment: name,
      relayUrl,
      findings,
    })
    const failed = findings.filter(({ state }) => state === 'failed').length
    if (failed > 0) throw new JetwayError('ENVIRONMENT_UNSOUND', { failed, total: findings.length })
  } finally {
    await access.close()
  }
}

const marks = { running: '    ', ok: 'ok  ', warning: 'warn', failed: 'FAIL', skipped: '-   ' }
const indent = ' '.repeat(14)

function report(heading: string, findings: readonly Finding[]): string {
  const lines = findings
    .filter(({ state }) => state !== 'skipped')
    .flatMap(({ check, state, title, detail, action }) => [
      `${marks[state]} ${check.padEnd(8)} ${title}`,
      ...(detail === null ? [] : [`${indent}${detail}`]),
      ...(action === null ? [] : [`${indent}→ ${action}`]),
    ])
  const skipped = findings.filter(({ state }) => state === 'skipped').map(({ check }) => check)
  if (skipped.length > 0) lines.push(`Not looked at, as something before failed: ${skipped.join(', ')}`)
  return [heading, ...lines].join('\n')
}
