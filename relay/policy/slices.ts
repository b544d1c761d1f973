import type { Verb } from '#shared/airflow/operation.ts'
import type { CompiledPolicy, Grant } from './compiled-policy.ts'
import { createPolicySet, type PolicySet } from './engine.ts'
import { type Uses, unionOf } from './uses.ts'

/** The policies that can decide on a verb for someone of certain groups, kept parsed. */
export interface Slice {
  readonly policies: readonly CompiledPolicy[]
  readonly set: PolicySet
  readonly uses: Uses
  /** Each condition of the grants as a permit of its own: which of them hold says why the whole does not. */
  explanation(): Explanation
}

interface Explanation {
  readonly set: PolicySet
  /** By place in the set. */
  readonly conditions: readonly {
    readonly policy: CompiledPolicy
    readonly condition: Grant['conditions'][number]
  }[]
}

/** How many are kept; the one that was not used for longest goes. */
const maxSlices = 512

/**
 * Cuts the policies into small sets. Cedar looks at every policy of a set, at more than a microsecond each; of a large
 * configuration only those can hold whose group and verb are asked for, and the cut leaves no other out.
 */
export class Slices {
  readonly #byVerb = new Map<Verb, CompiledPolicy[]>()
  readonly #kept = new Map<string, Slice & { release(): void }>()
  #released = false

  constructor(policies: readonly CompiledPolicy[]) {
    for (const policy of policies) {
      for (const verb of policy.verbs) {
        const known = this.#byVerb.get(verb)
        if (known) known.push(policy)
        else this.#byVerb.set(verb, [policy])
      }
    }
  }

  /**
   * @param profile stands for the groups
   * @throws Error after `release`
   */
  get(verb: Verb, profile: number, groups: readonly string[]): Slice {
    if (this.#released) throw new Error('this policy was released')
    const key = `${profile} ${verb}`
    const known = this.#kept.get(key)
    if (known) {
      this.#kept.delete(key)
      this.#kept.set(key, known)
      return known
    }
    const made = makeSlice(
      (this.#byVerb.get(verb) ?? []).filter(({ group }) => group === null || groups.includes(group)),
    )
    this.#kept.set(key, made)
    if (this.#kept.size > maxSlices) {
      const [oldest, slice] = this.#kept.entries().next().value as [string, Slice & { release(): void }]
      slice.release()
      this.#kept.delete(oldest)
    }
    return made
  }

  /** Every policy that has the verb, whoever it is for. */
  ofVerb(verb: Verb): readonly CompiledPolicy[] {
    return this.#byVerb.get(verb) ?? []
  }

  release(): void {
    this.#released = true
    for (const slice of this.#kept.values()) slice.release()
    this.#kept.clear()
  }
}

function makeSlice(policies: readonly CompiledPolicy[]): Slice & { release(): void } {
  const set = createPolicySet(policies.map(({ cedar }) => cedar))
  let explanation: Explanation | null = null
  return {
    policies,
    set,
    uses: unionOf(policies.map(({ uses }) => uses)),
    explanation() {
      explanation ??= explanationOf(policies)
      return explanation
    },
    release() {
      set.release()
      explanation?.set.release()
    },
  }
}

function explanationOf(policies: readonly CompiledPolicy[]): Explanation {
  const conditions = policies.flatMap((policy) =>
    (policy.grant?.conditions ?? []).map((condition) => ({ policy, condition })),
  )
  const set = createPolicySet(
    conditions.map(({ condition }) => `permit (principal, action, resource) when { ${condition.cedar} };`),
  )
  return { set, conditions }
}
