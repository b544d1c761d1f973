/** Compares two policies in a thread of its own: it may take seconds, and nobody's request waits for that. */
import { parentPort, workerData } from 'node:worker_threads'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import { comparePolicies } from '../policy/compare-policies.ts'
import { wordsOf } from '../policy/comparison-words.ts'
import type { AccessChanges } from './access-changes.ts'

export interface CompareJob {
  readonly before: PolicyConfig
  readonly next: PolicyConfig
  readonly together: readonly (readonly string[])[]
}

const { before, next, together } = workerData as CompareJob
const { widened, narrowed, incomplete } = comparePolicies(before, next, together)
const answer: AccessChanges = {
  widens: [
    ...wordsOf(widened),
    ...incomplete.map((who) => `${who}: too many overlapping patterns to compare all of them`),
  ],
  narrows: wordsOf(narrowed),
}
parentPort?.postMessage(answer)
