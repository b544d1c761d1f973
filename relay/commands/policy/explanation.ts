import { isApprovedGroup } from '#shared/ipc/approved-group.ts'
import type { LoadedPolicy } from '../../config/load-policy.ts'
import type { Act } from '../../policy/ask.ts'
import type { Explanation } from '../../policy/explain.ts'
import { type AccessQuestion, airflowRoleOf, deedWords } from '../../policy/question.ts'
import { placesOfRules } from '../../policy/rule-places.ts'

/** For programs. */
export function explanationValue(question: AccessQuestion, { decision, needed }: Explanation): object {
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
    failed: decision.effect === 'deny' ? decision.failed : [],
    done: deed.kind === 'act' ? deedValue(deed.what) : { method: deed.method, path: deed.path },
  }
}

function deedValue(what: Act): object {
  if ('service' in what) {
    const { service, request } = what
    if (!request) return { verb: 'tcp.connect', service }
    return { verb: request.operation.verb, service, path: request.resource.name }
  }
  const { operation, resource } = what
  return { verb: operation.verb, operation: operation.id, resource }
}

/** For people. */
export function explanationText(
  loaded: LoadedPolicy,
  question: AccessQuestion,
  explanation: Explanation,
): string {
  const { decision, needed } = explanation
  const { who, deed } = question
  const places = new Map(placesOfRules(loaded.config).map(({ id, path }) => [id, loaded.at(path)]))
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
  const { error, failed } = decision
  const missing = (id: string) =>
    failed
      .filter(({ policy }) => policy === id)
      .map(({ words }) => `\n      ${words}`)
      .join('')
  const isForbidden = error.code === 'FORBIDDEN_BY_RULE'
  const ways = [
    ...needed.groups.map(({ group, policies }) => {
      const way = isApprovedGroup(group) ? 'asking for it, and being approved' : `being in ${group}`
      return `  ${way}: ${policies.map(placed).join(', ')}`
    }),
    ...(needed.roles.length === 0 ? [] : [`  a grant of its own, of the role ${needed.roles.join(' or ')}`]),
  ]
  return lines([
    head,
    `  ${error.code}: ${error.message}`,
    `  ${error.action}`,
    ...(decision.policies.length === 0
      ? []
      : [
          isForbidden ? 'Forbidden by:' : 'Their grants:',
          ...decision.policies.map((id) => `  ${placed(id)}${missing(id)}`),
        ]),
    ...(ways.length === 0 ? ['Nothing that can be granted allows it.'] : ['What would allow it:', ...ways]),
  ])
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`
}
