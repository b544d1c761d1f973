import { createHash } from 'node:crypto'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import { isApprovedGroup } from '#shared/ipc/approved-group.ts'
import type { CompiledPolicy } from './compiled-policy.ts'
import { policiesOf } from './grants.ts'

type Grant = PolicyConfig['grants'][number]

/** Something that people may ask for: an entry of `policy.requests`. */
export interface RequestRule {
  /** The id of its policy. */
  readonly id: string
  /** Whose people may ask. */
  readonly group: string
  /** In it is whoever has been approved, for as long as that holds. */
  readonly approvedGroup: string
  /** The groups whose people decide. */
  readonly approvers: readonly string[]
  readonly longestSeconds: number
  /** Of all that it says and gives: an approval is one of exactly this. */
  readonly digest: string
  readonly policy: CompiledPolicy
}

/** By id. */
export type RequestRules = ReadonlyMap<string, RequestRule>

/** @param config one without mistakes */
export function requestRulesOf(config: PolicyConfig): RequestRules {
  if (config.requests.length === 0) return new Map()
  const policies = policiesOf(config).filter(({ group }) => group !== null && isApprovedGroup(group))
  return new Map(
    policies.map((policy, i) => {
      const rule = config.requests[i] as PolicyConfig['requests'][number]
      const { group, approvers, longestMinutes } = rule
      const says = JSON.stringify([rule, policy.cedar, policy.airflowRole])
      return [
        policy.id,
        {
          id: policy.id,
          ...{ group, approvers, policy },
          approvedGroup: policy.group as string,
          longestSeconds: longestMinutes * 60,
          digest: createHash('sha256').update(says).digest('base64url'),
        },
      ]
    }),
  )
}

/** What `policy.requests` gives to whoever is approved, as grants. */
export function approvedGrants(config: PolicyConfig): Grant[] {
  return [...requestRulesOf(config).values()].map(({ approvedGroup }, i) => {
    const { role, dags, tags, when } = config.requests[i] as PolicyConfig['requests'][number]
    return { group: approvedGroup, role, dags, tags, when, until: null }
  })
}
