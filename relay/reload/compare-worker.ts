/** Compares two policies in a thread of its own: it may take seconds, and nobody's request waits for that. */
import { parentPort, workerData } from 'node:worker_threads'
import { comparePolicies } from '../policy/compare-policies.ts'
import { wordsOf } from '../policy/comparison-words.ts'
import type { PolicySource } from '../policy/explain.ts'
import type { AccessChanges } from './access-changes.ts'

export interface CompareJob {
  readonly before: PolicySource
  readonly next: PolicySource
  readonly together: readonly (readonly string[])[]
}

const { before, next, together } = workerData as CompareJob
const { widened, narrowed, incomplete } = comparePolicies(before, next, together)
const answer: AccessChanges = {
  widens: [...wordsOf(widened), ...incomplete.map((who) => `${who}: cannot be compared to the end`)],
  narrows: wordsOf(narrowed),
}
parentPort?.postMessage(answer)
