import type { Verb } from '#shared/airflow/operation.ts'
import { leastRoleOfVerb, suffices } from '#shared/airflow/roles.ts'
import type { AirflowRole } from '#shared/config/policy-config.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { GroupsMissing } from '../identity/principal.ts'
import { type Question, tagsAreUnknown } from './cedar-request.ts'
import type { CompiledPolicy, Grant } from './compiled-policy.ts'
import type { Condition } from './conditions.ts'
import type { FailedCondition } from './decision.ts'
import type { CedarRequest } from './engine.ts'
import type { GrantIndex } from './grant-index.ts'
import { serviceVerbs } from './schema.ts'
import type { Slice } from './slices.ts'
import { stepUpParams } from './step-up.ts'

/** Conditions that say what a grant is for; the others say when it may be used. */
const ofScope: ReadonlySet<Condition['kind']> = new Set(['dags', 'tags', 'services', 'paths'])

/**
 * What kept the grants that have the verb from allowing it. Of a grant for other DAGs it is that, and its other conditions
 * help nobody; of those that are for this one Cedar is asked for each condition.
 */
export function failedConditions(slice: Slice, question: Question, request: CedarRequest): FailedCondition[] {
  const { set, conditions, alone } = slice.explanation(question.principal.act !== undefined)
  const dag = 'dag' in question.resource ? question.resource.dag : null
  const isNear = conditions.map(({ policy }) => policy.grant?.covers(dag) ?? true)
  const holding = isNear.includes(true) ? set.evaluate(request).deciding : []
  const failed = conditions.filter(({ condition }, i) =>
    isNear[i] ? !holding.includes(i) : condition.kind === 'dags',
  )
  return [...failed, ...alone].map(({ policy, condition }) => ({
    policy: policy.id,
    condition: condition.kind,
    words: condition.words(question),
    ...(condition.stepUp ? { stepUp: condition.stepUp } : {}),
  }))
}

/** What a forbid says. */
export function forbidden(
  question: Question,
  forbids: readonly CompiledPolicy[],
  contact: string,
): JetwayError {
  const stepUps = forbids.flatMap(({ stepUp }) => stepUp ?? [])
  const reasons = forbids.map(({ id, reason }) => reason ?? `The policy ${id} forbids it.`)
  return new JetwayError('FORBIDDEN_BY_RULE', {
    verb: question.verb,
    resource: resourceWords(question),
    reason: [...new Set(reasons)].join(' '),
    contact,
    // Only where a sign-in lifts every one of them.
    ...(stepUps.length === forbids.length ? stepUpParams(stepUps) : {}),
  })
}

/** Why no permit holds: a condition of a grant that is for this, else that there is no such grant. */
export function notGranted(o: {
  question: Question
  /** All grants with the verb, whoever they are for. */
  all: GrantIndex
  /** Grants of the person, with the verb and without. */
  own: readonly CompiledPolicy[]
  failed: readonly FailedCondition[]
  contact: string
}): JetwayError {
  const { question, contact } = o
  const { verb } = question
  const resource = resourceWords(question)
  const nearest = nearestGrant(question, o.failed)
  const stepUps = nearest?.flatMap(({ stepUp }) => stepUp ?? []) ?? []
  if (nearest && stepUps.length === nearest.length) {
    const isTooWeak = nearest.some(({ condition }) => condition === 'acr')
    return new JetwayError(isTooWeak ? 'SIGN_IN_TOO_WEAK' : 'SIGN_IN_TOO_OLD', {
      verb,
      resource,
      conditions: wordsOf(nearest),
      ...stepUpParams(stepUps),
    })
  }
  if (nearest) {
    return new JetwayError('CONDITION_NOT_MET', { verb, resource, conditions: wordsOf(nearest), contact })
  }
  const { groupsMissing } = question.principal
  if (groupsMissing !== undefined) return groupsUnknown(question, groupsMissing, contact)
  return new JetwayError('FORBIDDEN', {
    verb,
    resource,
    needs: needed(question, o.all),
    has: had(verb, o.own),
    contact: mayAskFor(question, o.all)
      ? `You may ask for it, in Jetway or with jetway requests. ${contact}`
      : contact,
  })
}

/** Whether what is asked is among what this person may have approved for a while; not by which conditions. */
function mayAskFor({ principal, minRole, resource }: Question, all: GrantIndex): boolean {
  if (principal.kind !== 'person' || principal.act || !('dag' in resource)) return false
  const { groups } = principal
  const isForThem = ({ askedBy, airflowRole }: Grant) =>
    askedBy !== null && groups.includes(askedBy) && suffices(airflowRole, minRole)
  return all.find(resource.dag, isForThem) !== null
}

/** What is said to someone whose groups are not known. */
export function groupsUnknown(question: Question, missing: GroupsMissing, contact: string): JetwayError {
  return new JetwayError('GROUPS_UNKNOWN', {
    verb: question.verb,
    resource: resourceWords(question),
    ...whyUnknown[missing],
    contact,
  })
}

/** What is missing of the groups, in words. */
export const whyUnknown: Readonly<Record<GroupsMissing, { reason: string; remedy: string }>> = {
  absent: {
    reason: 'your provider sent none',
    remedy: 'have it put your groups into its access tokens, unless you are in none',
  },
  'too-many': {
    reason:
      'they were left out because there are too many (Entra ID: more than 200; SAML: more than fit an access token)',
    remedy: 'have it send only the groups that are assigned to this application',
  },
  cut: {
    reason:
      'your provider sent as many as it sends at most (Okta: 100), so the list may be cut off and is not used',
    remedy: 'have it send only the groups that matter here',
  },
}

/** Of the grants that are for this the one of which the least is missing. */
function nearestGrant(question: Question, failed: readonly FailedCondition[]): FailedCondition[] | null {
  const isScope = ({ condition }: FailedCondition) =>
    ofScope.has(condition) && !(condition === 'tags' && tagsAreUnknown(question))
  const byPolicy = new Map<string, FailedCondition[]>()
  for (const condition of failed) {
    const known = byPolicy.get(condition.policy)
    if (known) known.push(condition)
    else byPolicy.set(condition.policy, [condition])
  }
  const near = [...byPolicy.values()].filter((conditions) => !conditions.some(isScope))
  return near.sort((a, b) => a.length - b.length)[0] ?? null
}

function wordsOf(failed: readonly FailedCondition[]): string {
  return failed.map(({ words }) => words).join('; ')
}

/** Who could: a grant that someone has for this, else the built-in role that has the verb. */
function needed({ verb, minRole, resource }: Question, grants: GrantIndex): string {
  if (serviceVerbs.includes(verb) || !('dag' in resource)) return nameOfMissing(verb, minRole)
  const isEnough = ({ airflowRole }: Grant) => suffices(airflowRole, minRole)
  const fitting = grants.find(resource.dag, isEnough) ?? grants.all.find(isEnough)
  return fitting?.name ?? nameOfMissing(verb, minRole)
}

function nameOfMissing(verb: Verb, minRole: AirflowRole): string {
  if (verb === 'tcp.connect') return 'a grant to connect'
  return serviceVerbs.includes(verb) ? `a grant of ${verb}` : `the role ${leastBuiltIn(verb, minRole)}`
}

/** The least built-in role that has the verb and is enough in Airflow. */
function leastBuiltIn(verb: Verb, minRole: AirflowRole): AirflowRole {
  const least = leastRoleOfVerb.get(verb) ?? minRole
  return suffices(least, minRole) ? least : minRole
}

const mostNamed = 10

function had(verb: Verb, own: readonly CompiledPolicy[]): string {
  if (own.length === 0) return serviceVerbs.includes(verb) ? 'none here' : 'no role here'
  const named = own.slice(0, mostNamed).map(({ grant }) => grant?.words)
  return [...named, ...(own.length > mostNamed ? ['…'] : [])].join(verb.startsWith('http.') ? '; ' : ', ')
}

function resourceWords({ resource }: Question): string {
  if ('service' in resource) return `${resource.service}${resource.path ?? ''}`
  const { dag, name } = resource
  return dag === '~' ? 'everything' : (dag ?? name ?? 'everything')
}
