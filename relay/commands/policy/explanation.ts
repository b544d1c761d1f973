import type { LoadedPolicy } from '../../config/load-policy.ts'
import type { Explanation } from '../../policy/explain.ts'
import { placesOfGrants } from '../../policy/grant-id.ts'
import { airflowRoleOf, deedWords, type Question } from '../../policy/question.ts'

/** For programs. */
export function explanationValue(question: Question, { decision, needed }: Explanation): object {
  const error = decision.effect === 'deny' ? decision.error : null
  const { who, deed } = question
  return {
    effect: decision.effect,
    policies: decision.policies,
    airflowRole: airflowRoleOf(decision),
    obligations: decision.effect === 'allow' ? decision.obligations : [],
    code: error?.code ?? null,
    message: error?.message ?? null,
    action: error?.action ?? null,
    needed,
    who,
    verb:
      deed.kind === 'operation' ? deed.what.operation.verb : deed.kind === 'connect' ? 'tcp.connect' : null,
    operation: deed.kind === 'operation' ? deed.what.operation.id : null,
    resource: deed.kind === 'operation' ? deed.what.resource : null,
    service: deed.kind === 'connect' ? deed.service : null,
  }
}

/** For people. */
export function explanationText(loaded: LoadedPolicy, question: Question, explanation: Explanation): string {
  const { decision, needed } = explanation
  const { who, deed } = question
  const places = new Map(placesOfGrants(loaded.config).map(({ id, path }) => [id, loaded.at(path)]))
  const placed = (id: string) => (places.has(id) ? `${id}  ${places.get(id)}` : id)
  const anyone = who.kind === 'machine' ? 'any machine' : 'any person'
  const someone = `${who.kind === 'agent' ? 'an agent for ' : ''}${who.name ?? anyone}`
  const groups = who.groups.length === 0 ? 'no group' : who.groups.join(', ')
  const head = `${decision.effect === 'allow' ? 'ALLOWED' : 'DENIED'}  ${deedWords(deed)}, for ${someone} of ${groups}`
  if (decision.effect === 'allow') {
    const role = airflowRoleOf(decision)
    return lines([
      head,
      ...decision.policies.map((id) => `  by ${placed(id)}`),
      ...(role === null ? [] : [`  in Airflow as ${role}`]),
      ...decision.obligations.map((obligation) => `  obliged to ${obligation}`),
    ])
  }
  const { error } = decision
  const ways = [
    ...needed.groups.map(({ group, policies }) => `  being in ${group}: ${policies.map(placed).join(', ')}`),
    ...(needed.roles.length === 0 ? [] : [`  a grant of its own, of the role ${needed.roles.join(' or ')}`]),
  ]
  return lines([
    head,
    `  ${error.code}: ${error.message}`,
    `  ${error.action}`,
    ...(decision.policies.length === 0
      ? []
      : ['Their grants:', ...decision.policies.map((id) => `  ${placed(id)}`)]),
    ...(ways.length === 0 ? ['Nothing that can be granted allows it.'] : ['What would allow it:', ...ways]),
  ])
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`
}
