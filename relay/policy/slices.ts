import type { Verb } from '#shared/airflow/operation.ts'
import type { CompiledPolicy, Mode } from './compiled-policy.ts'
import { type Condition, noAgents } from './conditions.ts'
import { type CedarRequest, createPolicySet, type PolicySet } from './engine.ts'
import { GrantIndex } from './grant-index.ts'
import { type Uses, unionOf } from './uses.ts'

/** The policies that can decide on a verb for someone of certain groups, kept parsed. */
export interface Slice {
  readonly policies: readonly CompiledPolicy[]
  readonly uses: Uses
  /** What Cedar says, with the policies that it names. */
  evaluate(mode: Mode, request: CedarRequest): Verdict
  /**
   * Each condition of the grants as a permit of its own: which of them hold says why the whole does not.
   *
   * @param forAgent whether conditions that keep agents out are among them
   */
  explanation(forAgent: boolean): Explanation
}

/** Policies that Cedar names. */
export interface Verdict {
  /** The permits that hold; where a forbid does, the forbids. */
  readonly deciding: readonly CompiledPolicy[]
  /** Those that could not be evaluated, since something that they ask for is not known. */
  readonly failed: readonly CompiledPolicy[]
}

interface InMode {
  readonly policies: readonly CompiledPolicy[]
  readonly set: PolicySet
}

interface Explanation {
  readonly set: PolicySet
  /** By place in the set. */
  readonly conditions: readonly PolicyCondition[]
  /** Of grants that have no other: where the grant does not hold, it is this one. */
  readonly alone: readonly PolicyCondition[]
}

interface PolicyCondition {
  readonly policy: CompiledPolicy
  readonly condition: Condition
}

/** In all that are kept, at some kilobytes each; the slice that was not used for longest goes. */
const maxKeptPolicies = 10_000

/**
 * Cuts the policies into small sets. Cedar looks at every policy of a set, at more than a microsecond each; of a large
 * configuration only those can hold whose group and verb are asked for, and the cut leaves no other out.
 */
export class Slices {
  readonly #byVerb = new Map<Verb, CompiledPolicy[]>()
  readonly #grants = new Map<Verb, GrantIndex>()
  readonly #kept = new Map<string, Slice & { release(): void }>()
  #keptPolicies = 0
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
      verb,
      (this.#byVerb.get(verb) ?? []).filter(({ group }) => group === null || groups.includes(group)),
    )
    this.#kept.set(key, made)
    this.#keptPolicies += weightOf(made)
    for (const [oldest, slice] of this.#kept) {
      if (this.#keptPolicies <= maxKeptPolicies || slice === made) break
      slice.release()
      this.#kept.delete(oldest)
      this.#keptPolicies -= weightOf(slice)
    }
    return made
  }

  /** Every grant that has the verb, whoever it is for. */
  grantsOf(verb: Verb): GrantIndex {
    const known = this.#grants.get(verb)
    if (known) return known
    const grants = new GrantIndex((this.#byVerb.get(verb) ?? []).flatMap(({ grant }) => grant ?? []))
    this.#grants.set(verb, grants)
    return grants
  }

  release(): void {
    this.#released = true
    for (const slice of this.#kept.values()) slice.release()
    this.#kept.clear()
  }
}

/** An empty slice takes some memory as well. */
function weightOf({ policies }: Slice): number {
  return policies.length + 1
}

function makeSlice(verb: Verb, policies: readonly CompiledPolicy[]): Slice & { release(): void } {
  const inModes = new Map<Mode, InMode>()
  const explanations = new Map<boolean, Explanation>()
  return {
    policies,
    uses: unionOf(policies.map(({ uses }) => uses)),
    evaluate(mode, request) {
      const inMode = inModes.get(mode) ?? setOf(verb, policies, mode)
      inModes.set(mode, inMode)
      const { deciding, failed } = inMode.set.evaluate(request)
      const at = (i: number) => inMode.policies[i] as CompiledPolicy
      return { deciding: deciding.map(at), failed: failed.map(at) }
    },
    explanation(forAgent) {
      const explanation = explanations.get(forAgent) ?? explanationOf(verb, policies, forAgent)
      explanations.set(forAgent, explanation)
      return explanation
    },
    release() {
      for (const { set } of [...inModes.values(), ...explanations.values()]) set.release()
    },
  }
}

function setOf(verb: Verb, policies: readonly CompiledPolicy[], mode: Mode): InMode {
  const texts = policies.map((policy) => policy.ofVerb(verb, mode))
  return {
    policies: policies.filter((_, i) => texts[i] !== null),
    set: createPolicySet(texts.filter((text) => text !== null)),
  }
}

function explanationOf(verb: Verb, policies: readonly CompiledPolicy[], forAgent: boolean): Explanation {
  const grants = policies.map((policy) =>
    (policy.grant?.conditions(verb) ?? [])
      .filter((condition) => forAgent || condition !== noAgents)
      .map((condition) => ({ policy, condition })),
  )
  const alone = grants.filter(({ length }) => length === 1).flat()
  const conditions = grants.filter(({ length }) => length > 1).flat()
  const set = createPolicySet(
    conditions.map(({ condition }) => `permit (principal, action, resource) when { ${condition.cedar} };`),
  )
  return { set, conditions, alone }
}
