import type { Verb } from '#shared/airflow/operation.ts'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import { tagsAreUnknown } from './cedar-request.ts'
import { entity, joined, likePattern, namespaced, quoted, setOf } from './cedar-text.ts'
import type { CompiledPolicy } from './compiled-policy.ts'
import { agentsOnlyRead, type Condition, conditionsOf, untilCondition } from './conditions.ts'
import { compileRoles, expandVerbs, type Role } from './roles.ts'
import { shellVerbs } from './schema.ts'
import { noUses, unionOf } from './uses.ts'

/** `grants`, `connect` and `forbid` of the configuration as policies of Cedar, one each. */
export function policiesOf(config: PolicyConfig): CompiledPolicy[] {
  const roles = compileRoles(config)
  const idOf = uniqueIds()
  return [
    ...config.grants.flatMap((grant) => {
      const role = roles.get(grant.role)
      return role ? [grantPolicy(grant, role, idOf)] : []
    }),
    ...config.connect.map((grant) => connectPolicy(grant, idOf)),
    ...config.forbid.map((rule) => forbidPolicy(rule, idOf)),
  ]
}

type IdOf = (...parts: readonly string[]) => string

function grantPolicy(grant: PolicyConfig['grants'][number], role: Role, idOf: IdOf): CompiledPolicy {
  const { group, dags, tags } = grant
  const until = grant.until === null ? [] : [untilCondition(grant.until)]
  const conditions = [...scopeConditions(dags, tags), ...whenConditions(grant.when)]
  const verbs = new Set([...role.verbs, ...shellVerbs])
  const where = `${isForAll(dags) ? '' : ` on ${dags.join(', ')}`}${tags ? ` tagged ${tags.join(', ')}` : ''}`
  const shell = `action in ${entity('Action', 'shell')}`
  const restricted = conditions.map(({ cedar }) => cedar)
  const id = idOf(group, role.name, dags.join(','), ...(tags ? [`#${tags.join(',#')}`] : []))
  const when = [
    ...until.map(({ cedar }) => cedar),
    ...(restricted.length === 0 ? [] : [`(${shell} || ${joined('&&', restricted)})`]),
  ]
  return {
    id,
    effect: 'permit',
    cedar: policyText(id, 'permit', group, verbs, 'resource', when, []),
    group,
    groups: [group],
    verbs,
    uses: unionOf([...until, ...conditions].map(({ uses }) => uses)),
    airflowRole: role.airflowRole,
    obligations: [],
    reason: null,
    grant: {
      name: `the role ${role.name}`,
      words: `${role.name}${where}`,
      conditions: [...conditions, ...until],
      covers: (dag) => isForAll(dags) || (dag !== null && dags.some((glob) => matchesGlob(glob, dag))),
    },
  }
}

function connectPolicy(grant: PolicyConfig['connect'][number], idOf: IdOf): CompiledPolicy {
  const { group, services } = grant
  const named: Condition = {
    kind: 'services',
    cedar: `${setOf(services)}.contains(resource.name)`,
    uses: noUses,
    words: () => `only for ${services.join(', ')}`,
  }
  const conditions = [
    named,
    ...(grant.until === null ? [] : [untilCondition(grant.until)]),
    ...whenConditions({ ...grant.when, conf: null }),
  ]
  const id = idOf(group, 'connect', services.join(','))
  const verbs = new Set<Verb>(['tcp.connect'])
  const when = conditions.map(({ cedar }) => cedar)
  return {
    id,
    effect: 'permit',
    cedar: policyText(id, 'permit', group, verbs, `resource is ${namespaced('Service')}`, when, []),
    group,
    groups: [group],
    verbs,
    uses: unionOf(conditions.map(({ uses }) => uses)),
    airflowRole: null,
    obligations: [],
    reason: null,
    grant: {
      name: 'a grant to connect',
      words: `one for ${services.join(', ')}`,
      conditions,
      covers: () => true,
    },
  }
}

function forbidPolicy(rule: PolicyConfig['forbid'][number], idOf: IdOf): CompiledPolicy {
  const { group, dags, tags, reason } = rule
  const when = [
    ...scopeConditions(dags, tags),
    ...(rule.until === null ? [] : [untilCondition(rule.until)]),
    ...conditionsOf(rule.when, false),
  ]
  const unless = conditionsOf(rule.unless, true)
  const verbs = new Set(rule.verbs.flatMap(expandVerbs))
  const id = idOf('forbid', group ?? '*', rule.verbs.join(','), dags.join(','))
  return {
    id,
    effect: 'forbid',
    cedar: policyText(
      id,
      'forbid',
      group,
      verbs,
      'resource',
      when.map(({ cedar }) => cedar),
      unless.map(({ cedar }) => cedar),
    ),
    group,
    groups: group === null ? [] : [group],
    verbs,
    uses: unionOf([...when, ...unless].map(({ uses }) => uses)),
    airflowRole: null,
    obligations: [],
    reason,
    grant: null,
  }
}

function whenConditions(when: PolicyConfig['grants'][number]['when']): Condition[] {
  return [...(when.who ? [] : [agentsOnlyRead]), ...conditionsOf(when, true)]
}

/** What is no DAG is in where everything is; of all DAGs together nothing is known that a pattern could match. */
function scopeConditions(dags: readonly string[], tags: readonly string[] | null): Condition[] {
  const ofDag = `(${['Dag', 'Run', 'Task'].map((type) => `resource is ${namespaced(type)}`).join(' || ')})`
  const scope: Condition[] = []
  if (!isForAll(dags)) {
    const patterns = dags.map((glob) => `resource.dag like ${likePattern(glob)}`)
    scope.push({
      kind: 'dags',
      cedar: `(${ofDag} && ${joined('||', patterns)})`,
      uses: noUses,
      words: () => `only for ${dags.join(', ')}`,
    })
  }
  if (tags !== null) {
    scope.push({
      kind: 'tags',
      cedar: `(${ofDag} && resource.tags.containsAny(${setOf(tags)}))`,
      uses: { tags: true },
      words: (question) =>
        `only for DAGs tagged ${tags.join(' or ')}${tagsAreUnknown(question) ? ', and the tags of this one cannot be known now' : ''}`,
    })
  }
  return scope
}

function isForAll(dags: readonly string[]): boolean {
  return dags.includes('*')
}

/** Each piece is taken where it comes first: a regular expression would try every way. */
export function matchesGlob(glob: string, dag: string): boolean {
  const [start = '', ...pieces] = glob.split('*')
  const end = pieces.pop()
  if (end === undefined) return dag === glob
  if (!dag.startsWith(start)) return false
  let at = start.length
  for (const piece of pieces) {
    const found = dag.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return dag.length - end.length >= at && dag.endsWith(end)
}

function policyText(
  id: string,
  effect: 'permit' | 'forbid',
  group: string | null,
  verbs: ReadonlySet<Verb>,
  resource: string,
  when: readonly string[],
  unless: readonly string[],
): string {
  const principal = group === null ? 'principal' : `principal in ${entity('Group', group)}`
  const actions = [...verbs].sort().map((verb) => entity('Action', verb))
  const clause = (word: string, expressions: readonly string[]) =>
    expressions.length === 0 ? '' : `\n${word} { ${joined('&&', expressions)} }`
  return `@id(${quoted(id)})
${effect} (${principal}, action in [${actions.join(', ')}], ${resource})${clause('when', when)}${clause('unless', unless)};`
}

/** Ids in the words of the configuration; those that stand there twice are numbered. */
function uniqueIds(): IdOf {
  const seen = new Map<string, number>()
  return (...parts) => {
    const id = parts.join(':')
    const count = (seen.get(id) ?? 0) + 1
    seen.set(id, count)
    return count === 1 ? id : `${id}#${count}`
  }
}
