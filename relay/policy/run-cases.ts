import type { AirflowRole, PolicyConfig } from '#shared/config/policy-config.ts'
import type { PolicyCase } from './cases.ts'
import { placesOfGrants } from './grant-id.ts'
import { compilePolicy } from './policy.ts'
import { airflowRoleOf, answer } from './question.ts'

export interface CaseResult {
  readonly case: PolicyCase
  readonly passed: boolean
  /** What the policy answered. */
  readonly got: {
    readonly effect: 'allow' | 'deny'
    readonly policies: readonly string[]
    /** The code of a denial, and what the person sees. */
    readonly code: string | null
    readonly message: string | null
    readonly airflowRole: AirflowRole | null
  }
}

export interface CasesReport {
  readonly results: readonly CaseResult[]
  /** Grants that decided no case that passed, with their place in the policy. */
  readonly unexercised: ReturnType<typeof placesOfGrants>
}

/** Asks a policy every case. */
export function runCases(config: PolicyConfig, cases: readonly PolicyCase[]): CasesReport {
  const policy = compilePolicy(config)
  const exercised = new Set<string>()
  const results = cases.map((one) => {
    const decision = answer(config, policy, one.question)
    const error = decision.effect === 'deny' ? decision.error : null
    const got = {
      effect: decision.effect,
      policies: decision.policies,
      code: error?.code ?? null,
      message: error?.message ?? null,
      airflowRole: airflowRoleOf(decision),
    }
    const passed = isExpected(one, got)
    if (passed && got.effect === 'allow') for (const id of got.policies) exercised.add(id)
    return { case: one, passed, got }
  })
  return { results, unexercised: placesOfGrants(config).filter(({ id }) => !exercised.has(id)) }
}

function isExpected({ expect, because, airflowRole }: PolicyCase, got: CaseResult['got']): boolean {
  return (
    got.effect === expect &&
    (because === null || got.policies.includes(because) || got.code === because) &&
    (airflowRole === null || got.airflowRole === airflowRole)
  )
}
