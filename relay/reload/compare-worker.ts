/** Compares two policies in a thread of its own: it may take seconds, and nobody's request waits for that. */
import { parentPort, workerData } from 'node:worker_threads'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import { compareAccess } from '../policy/compare.ts'
import { wordsOf } from '../policy/comparison-words.ts'
import { compilePolicy } from '../policy/policy.ts'
import { sampleOf } from '../policy/sample.ts'
import type { AccessChanges } from './access-changes.ts'

export interface CompareJob {
  readonly before: PolicyConfig
  readonly next: PolicyConfig
  readonly together: readonly (readonly string[])[]
}

const { before, next, together } = workerData as CompareJob
const sample = sampleOf(before, next, together)
const { widened, narrowed, incomplete } = compareAccess(compilePolicy(before), compilePolicy(next), sample)
const answer: AccessChanges = {
  widens: [...wordsOf(widened), ...incomplete.map((who) => `${who}: maybe more than is known`)],
  narrows: wordsOf(narrowed),
}
parentPort?.postMessage(answer)
