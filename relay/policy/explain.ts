import { builtInRoles } from '#shared/airflow/roles.ts'
import { policyConditions } from '#shared/config/policy-conditions.ts'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import type { ConnectDecision, Decision } from './decision.ts'
import type { CedarFile } from './own-policies.ts'
import { compilePolicy, type Policy } from './policy.ts'
import { type AccessQuestion, answer } from './question.ts'
import { compileRoles } from './roles.ts'

/** A policy as it is written. */
export interface PolicySource {
  readonly config: PolicyConfig
  /** What `config.cedarFiles` names. */
  readonly cedarFiles: readonly CedarFile[]
}

export interface Explanation {
  readonly decision: Decision | ConnectDecision
  /** Where it is denied: what would change that. Empty where nothing that can be granted would. */
  readonly needed: {
    /** Groups whose members may, with the policies that let them. */
    readonly groups: readonly { readonly group: string; readonly policies: readonly string[] }[]
    /** The least roles that would be enough, own and built-in, should they be granted for this alone. */
    readonly roles: readonly string[]
  }
}

/** What a policy answers, and where it says no, what would make it say yes. */
export function explain(source: PolicySource, policy: Policy, question: AccessQuestion): Explanation {
  const decision = answer(policy, question)
  if (decision.effect === 'allow') return { decision, needed: { groups: [], roles: [] } }
  const named = new Set(policy.policies.flatMap(({ groups }) => groups))
  const groups = [...named].flatMap((group) => {
    const joined = answer(policy, joining(question, group))
    return joined.effect === 'allow' ? [{ group, policies: joined.policies }] : []
  })
  return { decision, needed: { groups, roles: leastRoles(source, question) } }
}

function joining(question: AccessQuestion, group: string): AccessQuestion {
  return { ...question, who: { ...question.who, groups: [...question.who.groups, group] } }
}

function leastRoles({ config, cedarFiles }: PolicySource, question: AccessQuestion): string[] {
  const { who, deed } = question
  if (deed.kind === 'unknown' || 'service' in deed.what) return []
  const { dag } = deed.what.resource
  const grant = {
    group: 'needed',
    dags: [dag === null || dag === '~' ? '*' : dag],
    tags: null,
    when: policyConditions.parse(who.kind === 'agent' ? { who: ['agent'] } : {}),
    until: null,
  }
  const enough = [...compileRoles(config).values()]
    .filter(({ name }) => {
      const grants = [...config.grants, { ...grant, role: name }]
      const policy = compilePolicy({ ...config, grants }, cedarFiles)
      const { effect } = answer(policy, joining(question, grant.group))
      policy.release()
      return effect === 'allow'
    })
    .sort((a, b) => a.verbs.size - b.verbs.size)
  const isBuiltIn = ({ name }: { name: string }) => Object.hasOwn(builtInRoles, name)
  const own = enough.find((role) => !isBuiltIn(role))
  const builtIn = enough.find(isBuiltIn)
  return [own, builtIn].flatMap((role) => (role ? [role.name] : []))
}
