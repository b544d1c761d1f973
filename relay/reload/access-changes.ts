import { isDeepStrictEqual } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { LoadedConfig } from '../config/load.ts'
import type { CompareJob } from './compare-worker.ts'
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
  return {
    widens: [...policy.widens, ...trustChanges(before, next)],
    narrows: policy.narrows,
  }
}

function sourceOf({ policy, cedarFiles }: LoadedConfig): CompareJob['before'] {
  return { config: policy, cedarFiles }
}

function policyChanges(job: CompareJob): Promise<AccessChanges> | AccessChanges {
  if (isDeepStrictEqual(job.before, job.next)) return { widens: [], narrows: [] }
  const worker = new Worker(new URL('./compare-worker.ts', import.meta.url), { workerData: job })
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const seconds = compareTimeoutMs / 1000
      resolve({ widens: [`anyone: the policies cannot be compared in ${seconds} s`], narrows: [] })
      void worker.terminate()
    }, compareTimeoutMs)
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => {
      clearTimeout(timer)
      reject(new Error('the comparison ended without an answer'))
    })
  })
}
