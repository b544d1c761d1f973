import type { AirflowRole } from '#shared/config/policy-config.ts'
import type { PolicyCase } from './cases.ts'
import type { PolicySource } from './explain.ts'
import { compilePolicy } from './policy.ts'
import { airflowRoleOf, answer } from './question.ts'
import { type PlacedRule, placesOfRules } from './rule-places.ts'

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
  /** Policies that decided no case that passed; a place is null for those of a file. */
  readonly unexercised: readonly { readonly id: string; readonly path: PlacedRule['path'] | null }[]
  /** How many policies there are. */
  readonly policies: number
}

/** Asks a policy every case. */
export function runCases({ config, cedarFiles }: PolicySource, cases: readonly PolicyCase[]): CasesReport {
  const policy = compilePolicy(config, cedarFiles)
  const forbids = new Set(policy.policies.filter(({ effect }) => effect === 'forbid').map(({ id }) => id))
  const exercised = new Set<string>()
  const results = cases.map((one) => {
    const decision = answer(policy, one.question)
    const error = decision.effect === 'deny' ? decision.error : null
    const got = {
      effect: decision.effect,
      policies: decision.policies,
      code: error?.code ?? null,
      message: error?.message ?? null,
      airflowRole: airflowRoleOf(decision),
    }
    const passed = isExpected(one, got)
    // What a denial names beside forbids did not decide: it is what the person has.
    const deciding = got.effect === 'allow' ? got.policies : got.policies.filter((id) => forbids.has(id))
    if (passed) for (const id of deciding) exercised.add(id)
    return { case: one, passed, got }
  })
  policy.release()
  const places = new Map(placesOfRules(config).map(({ id, path }) => [id, path]))
  const unexercised = policy.policies
    .filter(({ id }) => !exercised.has(id))
    .map(({ id }) => ({ id, path: places.get(id) ?? null }))
  return { results, unexercised, policies: policy.policies.length }
}

function isExpected({ expect, because, airflowRole }: PolicyCase, got: CaseResult['got']): boolean {
  return (
    got.effect === expect &&
    (because === null || got.policies.includes(because) || got.code === because) &&
    (airflowRole === null || got.airflowRole === airflowRole)
  )
}
