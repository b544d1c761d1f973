/**
 * Compares two policies in a process of its own: it may take seconds, for which nobody's request waits, and if the engine
 * should fall, the relay does not fall with it.
 */
import { comparePolicies } from '../policy/compare-policies.ts'
import { wordsOf } from '../policy/comparison-words.ts'
import type { PolicySource } from '../policy/explain.ts'
import type { AccessChanges } from './access-changes.ts'

export interface CompareJob {
  readonly before: PolicySource
  readonly next: PolicySource
  readonly together: readonly (readonly string[])[]
}

process.once('message', (job: CompareJob) => {
  const { widened, narrowed, incomplete } = comparePolicies(job.before, job.next, job.together)
  const answer: AccessChanges = {
    widens: [...wordsOf(widened), ...incomplete.map((who) => `${who}: cannot be compared to the end`)],
    narrows: wordsOf(narrowed),
  }
  process.send?.(answer, () => process.disconnect())
})
