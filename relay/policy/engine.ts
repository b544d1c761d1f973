/** Cedar itself. The wasm module keeps policy sets by name for the whole process, so names are lent and given back. */
import {
  type AuthorizationAnswer,
  type CedarValueJson,
  type EntityJson,
  preparsePolicySet,
  statefulIsAuthorized,
  type TypeAndId,
} from '@cedar-policy/cedar-wasm/nodejs'

/** A request in Cedar's terms. */
export interface CedarRequest {
  readonly principal: TypeAndId
  readonly action: TypeAndId
  readonly resource: TypeAndId
  readonly context: Record<string, CedarValueJson>
  readonly entities: EntityJson[]
}

/** What Cedar says, policies by their place in the set. */
interface Verdict {
  /** The permits that hold; where a forbid does, the forbids. */
  readonly deciding: readonly number[]
  /** Policies that could not be evaluated, since something that they ask for is not known. */
  readonly failed: readonly number[]
}

/** A set of policies, parsed and kept. */
export interface PolicySet {
  evaluate(request: CedarRequest): Verdict
  /** Gives the memory back. It evaluates nothing any more. */
  release(): void
}

const freeNames: string[] = []
let namesMade = 0

/** @throws Error when a policy cannot be parsed, which is a mistake of ours: files were checked before */
export function createPolicySet(policies: readonly string[]): PolicySet {
  let name: string | null = freeNames.pop() ?? `set-${namesMade++}`
  const answer = preparsePolicySet(name, { staticPolicies: policies.join('\n') })
  if (answer.type === 'failure') {
    freeNames.push(name)
    throw new Error(answer.errors.map(({ message }) => message).join('; '))
  }
  return {
    evaluate(request) {
      if (name === null) throw new Error('the policy set was released')
      return verdictOf(statefulIsAuthorized({ ...request, preparsedPolicySetId: name }))
    },
    release() {
      if (name === null) return
      preparsePolicySet(name, { staticPolicies: '' })
      freeNames.push(name)
      name = null
    },
  }
}

function verdictOf(answer: AuthorizationAnswer): Verdict {
  if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('; '))
  const { diagnostics } = answer.response
  return {
    deciding: diagnostics.reason.map(placeOf).sort((a, b) => a - b),
    failed: diagnostics.errors.map(({ policyId }) => placeOf(policyId)),
  }
}

/** Policies without names of their own are called policy0, policy1 … in the order of the text. */
function placeOf(policyId: string): number {
  return Number(policyId.slice('policy'.length))
}
