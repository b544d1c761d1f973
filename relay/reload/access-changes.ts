import { fork } from 'node:child_process'
import { isDeepStrictEqual } from 'node:util'
import type { LoadedConfig } from '../config/load.ts'
import { requestChanges } from '../policy/request-changes.ts'
import type { CompareJob } from './compare-process.ts'
import { trustChanges } from './trust-changes.ts'

/** Whoever has to shut someone out does not wait for longer. */
const compareTimeoutMs = 30_000

/** A line each, for people to read. */
export interface AccessChanges {
  /** What someone can do that they could not, or maybe can. */
  readonly widens: readonly string[]
  /** What someone cannot do any more. */
  readonly narrows: readonly string[]
}

/**
 * What a change of configuration does to what people can do.
 *
 * @param together groups that people have together, who are known
 */
export async function accessChanges(
  before: LoadedConfig,
  next: LoadedConfig,
  together: CompareJob['together'],
): Promise<AccessChanges> {
  const policy = await policyChanges({ before: sourceOf(before), next: sourceOf(next), together })
  const requests = requestChanges(before.policy, next.policy)
  return {
    widens: [...policy.widens, ...requests.widens, ...trustChanges(before, next)],
    narrows: [...policy.narrows, ...requests.narrows],
  }
}

function sourceOf({ policy, cedarFiles }: LoadedConfig): CompareJob['before'] {
  return { config: policy, cedarFiles }
}

/** What cannot be compared counts as widened: by how much, nobody knows. */
function policyChanges(job: CompareJob): Promise<AccessChanges> | AccessChanges {
  if (isDeepStrictEqual(job.before, job.next)) return { widens: [], narrows: [] }
  const child = fork(new URL('./compare-process.ts', import.meta.url), {
    execArgv: [],
    timeout: compareTimeoutMs,
  })
  return new Promise((resolve) => {
    const unknown = (why: string): AccessChanges => ({
      widens: [`anyone: the policies cannot be compared (${why})`],
      narrows: [],
    })
    let answer: AccessChanges | null = null
    child.once('message', (message) => {
      answer = message as AccessChanges
    })
    child.once('error', (error) => resolve(unknown(error.message)))
    // Not before it has gone: a reload leaves nothing behind.
    child.once('exit', (code, signal) => resolve(answer ?? unknown(`ended with ${code ?? signal}`)))
    child.send(job, (error) => error && resolve(unknown(error.message)))
  })
}
