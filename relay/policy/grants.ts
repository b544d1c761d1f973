import { dagMatcher } from '#shared/airflow/dag-glob.ts'
import type { Verb } from '#shared/airflow/operation.ts'
import type { HttpGrant } from '#shared/config/http-grants.ts'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import { approvedGroup } from '#shared/ipc/approved-group.ts'
import { entity, joined, policyText } from './cedar-text.ts'
import type { CompiledPolicy, Mode } from './compiled-policy.ts'
import { agentsOnlyRead, type Condition, conditionsOf, noAgents, untilCondition } from './conditions.ts'
import { compileRoles, expandVerbs, type Role } from './roles.ts'
import { onlyReads, shellVerbs } from './schema.ts'
import { isForAll, pathsCondition, scopeConditions, servicesCondition } from './scope-conditions.ts'
import type { StepUp } from './step-up.ts'
import { endsAt, onlyWhere, unlessWhere } from './told.ts'
import { unionOf } from './uses.ts'

/** `grants`, `connect`, `http`, `forbid` and `requests` of the configuration as policies of Cedar, one each. */
export function policiesOf(config: PolicyConfig): CompiledPolicy[] {
  const roles = compileRoles(config)
  const idOf = uniqueIds()
  const withRole = <Rule extends { readonly role: string }>(
    rules: readonly Rule[],
    policyOf: (rule: Rule, role: Role) => CompiledPolicy,
  ) =>
    rules.flatMap((rule) => {
      const role = roles.get(rule.role)
      return role ? [policyOf(rule, role)] : []
    })
  return [
    ...withRole(config.grants, (grant, role) => grantPolicy(grant, role, idOf(...partsOf(grant)))),
    ...config.connect.map((grant) => connectPolicy(grant, idOf)),
    ...config.http.map((grant) => httpPolicy(grant, idOf)),
    ...config.forbid.map((rule) => forbidPolicy(rule, idOf)),
    ...withRole(config.requests, (rule, role) => {
      const id = idOf('request', ...partsOf(rule))
      return grantPolicy({ ...rule, group: approvedGroup(id), until: null }, role, id, rule.group)
    }),
  ]
}

type IdOf = (...parts: readonly string[]) => string
type Grant = PolicyConfig['grants'][number]

function partsOf({ group, role, dags, tags }: Pick<Grant, 'group' | 'role' | 'dags' | 'tags'>): string[] {
  return [group, role, dags.join(','), ...(tags ? [`#${tags.join(',#')}`] : [])]
}

function grantPolicy(grant: Grant, role: Role, id: string, askedBy: string | null = null): CompiledPolicy {
  const { group, dags, tags } = grant
  const until = grant.until === null ? [] : [untilCondition(grant.until)]
  const when = conditionsOf(grant.when, true)
  const conditions = [...scopeConditions(dags, tags), ...(grant.when.who ? [] : [agentsOnlyRead]), ...when]
  const verbs = new Set([...role.verbs, ...shellVerbs])
  const head = { id, effect: 'permit', group } as const
  const conditionsOfVerb = (verb: Verb) => {
    if (shellVerbs.includes(verb)) return until
    const asked = conditions.map((condition) => (condition === agentsOnlyRead ? noAgents : condition))
    return [...until, ...asked.filter((condition) => condition !== noAgents || !onlyReads(verb))]
  }
  const shell = `action in ${entity('Action', 'shell')}`
  const restricted = conditions.length === 0 ? [] : [`(${shell} || ${joined('&&', conditions.map(cedarOf))})`]
  const where = `${isForAll(dags) ? '' : ` on ${dags.join(', ')}`}${tags ? ` tagged ${tags.join(', ')}` : ''}`
  return {
    ...head,
    cedar: policyText({ ...head, verbs, clauses: [['when', [...until.map(cedarOf), ...restricted]]] }),
    ofVerb: (verb, mode) => {
      // Which DAGs have a tag is not said to Airflow, so a list takes a grant that does not ask.
      if (mode === 'list' && tags !== null) return null
      const asked = conditionsOfVerb(verb).filter(({ kind }) => mode !== 'list' || kind !== 'dags')
      const clauses = [['when', asked.map(mode === 'could' ? mayOf : cedarOf)]] as const
      return policyText({ ...head, group: null, verbs: new Set([verb]), clauses })
    },
    // Who may ask is told so in a denial.
    groups: askedBy === null ? [group] : [group, askedBy],
    verbs,
    uses: unionOf(conditionsOfVerb('run.trigger').map(({ uses }) => uses)),
    airflowRole: role.airflowRole,
    obligations: [],
    reason: null,
    stepUp: null,
    grant: {
      name: `the role ${role.name}`,
      words: `${role.name}${where}`,
      airflowRole: role.airflowRole,
      askedBy,
      services: [],
      dags,
      conditions: conditionsOfVerb,
      covers: dagMatcher(dags),
    },
    told: { role: role.name, dags, tags, until: endsAt(grant), conditions: onlyWhere(when) },
  }
}

function connectPolicy(grant: PolicyConfig['connect'][number], idOf: IdOf): CompiledPolicy {
  const { group, services } = grant
  const named = servicesCondition('name', services)
  const when = conditionsOf({ ...grant.when, conf: null }, true)
  const conditions = [
    named,
    ...(grant.until === null ? [] : [untilCondition(grant.until)]),
    ...(grant.when.who ? [] : [noAgents]),
    ...when,
  ]
  const id = idOf(group, 'connect', services.join(','))
  const head = { id, effect: 'permit', group } as const
  const verbs = new Set<Verb>(['tcp.connect'])
  const clauses = [['when', conditions.map(cedarOf)]] as const
  return {
    ...head,
    cedar: policyText({ ...head, verbs, clauses }),
    ofVerb: () => policyText({ ...head, group: null, verbs, clauses }),
    groups: [group],
    verbs,
    uses: unionOf(conditions.map(({ uses }) => uses)),
    airflowRole: null,
    obligations: [],
    reason: null,
    stepUp: null,
    grant: {
      name: 'a grant to connect',
      words: `one for ${services.join(', ')}`,
      airflowRole: 'viewer',
      askedBy: null,
      services,
      dags: [],
      conditions: () => conditions,
      covers: () => true,
    },
    told: { role: 'connect', dags: [], tags: null, until: endsAt(grant), conditions: onlyWhere(when) },
  }
}

function httpPolicy(grant: HttpGrant, idOf: IdOf): CompiledPolicy {
  const { group, services, verbs: named, paths, when } = grant
  const patterns = pathsCondition(paths)
  const conditions = [
    servicesCondition('service', services),
    patterns,
    ...(grant.until === null ? [] : [untilCondition(grant.until)]),
    ...(when.who ? [] : [noAgents]),
    ...conditionsOf({ ...when, conf: null }, true),
  ]
  // Who may write may read.
  const verbs = new Set<Verb>(named.includes('http.write') ? ['http.read', 'http.write'] : named)
  const conditionsOfVerb = (verb: Verb) =>
    conditions.filter((condition) => condition !== noAgents || !onlyReads(verb))
  const id = idOf(group, named.join(','), services.join(','), paths.join(','))
  const head = { id, effect: 'permit', group } as const
  const whole = conditions.map((condition) => (condition === noAgents ? agentsOnlyRead : condition))
  return {
    ...head,
    cedar: policyText({ ...head, verbs, clauses: [['when', whole.map(cedarOf)]] }),
    ofVerb: (verb) => {
      const clauses = [['when', conditionsOfVerb(verb).map(cedarOf)]] as const
      return policyText({ ...head, group: null, verbs: new Set([verb]), clauses })
    },
    groups: [group],
    verbs,
    uses: unionOf(conditions.map(({ uses }) => uses)),
    airflowRole: null,
    obligations: [],
    reason: null,
    stepUp: null,
    grant: {
      name: `a grant of ${named.join(', ')}`,
      words: `${named.join(', ')} on ${paths.join(', ')}`,
      airflowRole: 'viewer',
      askedBy: null,
      services,
      dags: [],
      conditions: conditionsOfVerb,
      covers: () => true,
    },
    told: {
      role: named.includes('http.write') ? 'write' : 'read',
      dags: [],
      tags: null,
      until: null,
      conditions: paths.includes('/*') ? [] : onlyWhere([patterns]),
    },
  }
}

function forbidPolicy(rule: PolicyConfig['forbid'][number], idOf: IdOf): CompiledPolicy {
  const { group, dags, tags, reason } = rule
  const until = rule.until === null ? [] : [untilCondition(rule.until)]
  const asked = conditionsOf(rule.when, false)
  const when = [...scopeConditions(dags, tags), ...until, ...asked]
  const unless = conditionsOf(rule.unless, true)
  // A conf that was not read ends the evaluation, so whatever else there is comes first.
  const ofConf = when.filter(({ kind }) => kind === 'conf')
  const others = when.filter(({ kind }) => kind !== 'conf')
  const verbs = new Set(rule.verbs.flatMap(expandVerbs))
  const id = idOf('forbid', group ?? '*', rule.verbs.join(','), dags.join(','))
  const head = { id, effect: 'forbid', group } as const
  /** Where it is not known, a rule forbids; before a body is read it does not yet. */
  const clausesOf = (mode: Mode) => {
    const [of, unlessOf] = mode === 'could' ? [cedarOf, mayOf] : [mayOf, cedarOf]
    return [
      ['when', others.map(of)],
      ['unless', unless.map(unlessOf)],
      ['when', ofConf.map(cedarOf)],
    ] as const
  }
  return {
    ...head,
    cedar: policyText({ ...head, verbs, clauses: clausesOf('decide') }),
    ofVerb: (verb, mode) =>
      policyText({ ...head, group: null, verbs: new Set([verb]), clauses: clausesOf(mode) }),
    groups: group === null ? [] : [group],
    verbs,
    uses: unionOf([...when, ...unless].map(({ uses }) => uses)),
    airflowRole: null,
    obligations: [],
    reason,
    stepUp: liftedBy(unless),
    grant: null,
    told: {
      role: null,
      dags,
      tags,
      until: endsAt(rule),
      conditions: [...onlyWhere(asked), ...unlessWhere(unless)],
    },
  }
}

/** The sign-in that makes every condition hold; null where a sign-in alone does not. */
function liftedBy(conditions: readonly Condition[]): StepUp | null {
  if (conditions.length === 0 || conditions.some(({ stepUp }) => !stepUp)) return null
  const of = <K extends keyof StepUp>(name: K) =>
    conditions.map(({ stepUp }) => stepUp?.[name] ?? null).find((value) => value !== null) ?? null
  return { acr: of('acr'), maxAgeSeconds: of('maxAgeSeconds') }
}

function cedarOf({ cedar }: Condition): string {
  return cedar
}

function mayOf({ cedar, may }: Condition): string {
  return may ?? cedar
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
