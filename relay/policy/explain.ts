import { builtInRoles } from '#shared/airflow/roles.ts'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import type { ConnectDecision, Decision } from './decision.ts'
import { compilePolicy, type Policy } from './policy.ts'
import { answer, type Question } from './question.ts'
import { compileRoles } from './roles.ts'

export interface Explanation {
  readonly decision: Decision | ConnectDecision
  /** Where it is denied: what would change that. Empty where nothing that can be granted would. */
  readonly needed: {
    /** Groups whose members may, with the grants that let them. */
    readonly groups: readonly { readonly group: string; readonly policies: readonly string[] }[]
    /** The least roles that would be enough, should they be granted for this alone. */
    readonly roles: readonly string[]
  }
}

/** What a policy answers, and where it says no, what would make it say yes. */
export function explain(config: PolicyConfig, policy: Policy, question: Question): Explanation {
  const decision = answer(config, policy, question)
  if (decision.effect === 'allow') return { decision, needed: { groups: [], roles: [] } }
  const named = new Set([...config.grants, ...config.connect].map(({ group }) => group))
  const groups = [...named].flatMap((group) => {
    const who = { ...question.who, groups: [...question.who.groups, group] }
    const joined = answer(config, policy, { ...question, who })
    return joined.effect === 'allow' ? [{ group, policies: joined.policies }] : []
  })
  return { decision, needed: { groups, roles: leastRoles(config, question) } }
}

/** Of the built-in roles and of the policy's own: those with the fewest verbs of their kind that would do. */
function leastRoles(config: PolicyConfig, question: Question): string[] {
  if (question.deed.kind !== 'operation') return []
  const { dag } = question.deed.what.resource
  const group = 'needed'
  const who = { ...question.who, groups: [...question.who.groups, group] }
  const dags = [dag === null || dag === '~' || !/^[\w.-]+$/.test(dag) ? '*' : dag]
  const enough = [...compileRoles(config).values()]
    .filter(({ name }) => {
      const grants = [...config.grants, { group, role: name, dags }]
      return answer(config, compilePolicy({ ...config, grants }), { ...question, who }).effect === 'allow'
    })
    .sort((a, b) => a.verbs.size - b.verbs.size)
  const isBuiltIn = ({ name }: { name: string }) => Object.hasOwn(builtInRoles, name)
  const own = enough.find((role) => !isBuiltIn(role))
  const builtIn = enough.find(isBuiltIn)
  return [own, builtIn].flatMap((role) => (role ? [role.name] : []))
}
