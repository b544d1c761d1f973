import { JetwayError } from '#shared/errors/jetway-error.ts'
import { loadPolicy } from '../../config/load-policy.ts'
import { comparePolicies } from '../../policy/compare-policies.ts'
import { wordsOf } from '../../policy/comparison-words.ts'
import { requestChanges } from '../../policy/request-changes.ts'
import { readAll } from './audit-files.ts'
import { print, printJson } from './print.ts'

export interface DiffOptions {
  readonly audit?: readonly string[]
  readonly failOnWidening?: true
  readonly at?: string
  readonly json?: true
}

/** @throws ACCESS_WIDENED with `failOnWidening`, CONFIG_INVALID, AUDIT_UNREADABLE */
export async function diffPolicies(oldFile: string, newFile: string, o: DiffOptions): Promise<void> {
  const [before, after] = [loadPolicy(oldFile), loadPolicy(newFile)]
  const together = await groupsTogether(o.audit ?? [])
  const { widened, narrowed, incomplete } = comparePolicies(before, after, together, timeOf(o.at))
  const requests = requestChanges(before.config, after.config)
  if (o.json) {
    printJson({ widened, narrowed, incomplete, requests })
  } else {
    const part = (title: string, lines: readonly string[]) =>
      lines.length === 0 ? '' : `${title}:\n${lines.map((line) => `  ${line}\n`).join('')}`
    const text =
      part('Widened', [...wordsOf(widened), ...requests.widens]) +
      part('Narrowed', [...wordsOf(narrowed), ...requests.narrows]) +
      part('Not compared to the end, so to be looked at', incomplete)
    print(text || 'Nobody may do more or less than before.\n')
  }
  const more = widened.length + requests.widens.length + incomplete.length
  if (o.failOnWidening && more > 0) throw new JetwayError('ACCESS_WIDENED', { widened: more })
}

/** The sets of groups that people of a log had. */
async function groupsTogether(files: readonly string[]): Promise<string[][]> {
  const sets = new Set<string>()
  for await (const { principal } of readAll(files)) {
    if (principal && principal.groups.length > 1) sets.add(JSON.stringify([...principal.groups].sort()))
  }
  return [...sets].map((key) => JSON.parse(key) as string[])
}

function timeOf(at: string | undefined): number {
  const time = at === undefined ? Date.now() : Date.parse(at)
  if (Number.isNaN(time))
    throw new JetwayError('USAGE', { reason: `--at ${at} is no time such as 2026-06-01T08:00:00Z.` })
  return time
}
