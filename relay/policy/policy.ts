import type { ResolvedOperation, Verb } from '#shared/airflow/operation.ts'
import { leastRoleOfVerb, suffices } from '#shared/airflow/roles.ts'
import type { AirflowRole, PolicyConfig } from '#shared/config/policy-config.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Principal } from '../identity/principal.ts'
import type { Decision } from './decision.ts'
import { grantId } from './grant-id.ts'
import { compileRoles, type PolicyMistake, type Role, roleMistakes } from './roles.ts'

export interface Policy {
  /** Whether it speaks of the tags of DAGs at all, so that they have to be known. */
  readonly usesTags: boolean
  /**
   * Whether someone may do something. What no grant allows is denied.
   *
   * @param tags of the DAG; null where they cannot be known, and then nothing is allowed for their sake
   */
  authorize(principal: Principal, what: ResolvedOperation, tags?: readonly string[] | null): Decision
  /**
   * Whether someone could do something to any resource at all: asked before a body is read that says to which, and for
   * what Airflow narrows itself. An allow means perhaps; a denial is certain. Where a DAG is named, it is for that one.
   */
  couldAllow(principal: Principal, what: ResolvedOperation): Decision
}

interface Grant {
  /** `group:role:dags`, as the audit names it. */
  readonly id: string
  readonly group: string
  readonly role: Role
  readonly dags: readonly string[]
  matches(dag: string): boolean
  readonly forAll: boolean
}

interface Question {
  readonly verb: Verb
  /** The least role that does it in Airflow. */
  readonly minRole: AirflowRole
  readonly resource: ResolvedOperation['resource']
  /** Whether a grant for any DAG will do. */
  readonly ofAny: boolean
}

/** What everyone with any grant may do: the shell of the web interface, which holds no data. */
export const ofAnyGrant: ReadonlySet<Verb> = new Set<Verb>(['ui.view', 'health.read', 'version.read'])

const maxCachedDecisions = 50_000

/** @param config one without mistakes */
export function compilePolicy(config: PolicyConfig): Policy {
  const roles = compileRoles(config)
  const grants = config.grants.map((grant) => compileGrant(grant, roles.get(grant.role) as Role))
  /** By everything that a decision depends on. */
  const decided = new Map<string, Decision>()
  const ask = (
    principal: Principal,
    { operation, resource }: ResolvedOperation,
    ofAny: boolean,
  ): Decision => {
    const { verb, minRole } = operation
    if (verb === null || minRole === null) return closed(operation.path)
    const key = JSON.stringify([principal.groups, verb, minRole, resource.dag, resource.name, ofAny])
    const known = decided.get(key)
    if (known) return known
    const own = grants.filter(({ group }) => principal.groups.includes(group))
    const decision = Object.freeze(decide(config, grants, own, { verb, minRole, resource, ofAny }))
    if (decided.size >= maxCachedDecisions) decided.delete(decided.keys().next().value as string)
    decided.set(key, decision)
    return decision
  }
  return {
    usesTags: false,
    authorize: (principal, what) => ask(principal, what, false),
    couldAllow: (principal, what) => {
      const { dag } = what.resource
      return ask(principal, what, dag === null || dag === '~')
    },
  }
}

/** What is wrong in a policy beyond its form. */
export function policyMistakes(config: PolicyConfig): PolicyMistake[] {
  const roles = compileRoles(config)
  return [
    ...roleMistakes(config),
    ...config.grants.flatMap(({ role }, i) =>
      roles.has(role) ? [] : [{ path: ['grants', i, 'role'], what: `there is no role ${role}` }],
    ),
  ]
}

function compileGrant(grant: PolicyConfig['grants'][number], role: Role): Grant {
  return {
    id: grantId(grant),
    group: grant.group,
    role,
    dags: grant.dags,
    matches: (dag) => grant.dags.some((pattern) => matchesPattern(pattern, dag)),
    forAll: grant.dags.includes('*'),
  }
}

/** `*` for any characters. Each piece is taken where it comes first: a regular expression would try every way. */
export function matchesPattern(pattern: string, dag: string): boolean {
  const [start = '', ...pieces] = pattern.split('*')
  const end = pieces.pop()
  if (end === undefined) return dag === pattern
  if (!dag.startsWith(start)) return false
  let at = start.length
  for (const piece of pieces) {
    const found = dag.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return dag.length - end.length >= at && dag.endsWith(end)
}

function decide(
  config: PolicyConfig,
  all: readonly Grant[],
  own: readonly Grant[],
  { verb, minRole, resource, ofAny }: Question,
): Decision {
  const { dag } = resource
  // Something of no DAG, or of all of them, takes a grant for everything.
  const covers = (grant: Grant) =>
    ofAny || grant.forAll || (dag !== null && dag !== '~' && grant.matches(dag))
  const allowing = ofAnyGrant.has(verb)
    ? own
    : own.filter((grant) => grant.role.verbs.has(verb) && covers(grant))
  const least = leastSufficient(allowing, minRole)
  if (least) {
    return {
      effect: 'allow',
      policies: allowing.map(({ id }) => id),
      airflowRole: ofAnyGrant.has(verb) ? 'viewer' : least,
      obligations: [],
      ...(ofAny ? { dags: [...new Set(allowing.flatMap(({ dags }) => dags))] } : {}),
    }
  }
  const where =
    dag === '~' || (dag === null && resource.name === null) ? 'everything' : (dag ?? resource.name)
  const error = new JetwayError('FORBIDDEN', {
    verb,
    resource: where as string,
    needs: needed(all, verb, minRole, covers),
    has: own.length === 0 ? 'no role here' : own.map(described).join(', '),
    contact: config.contact,
  })
  return { effect: 'deny', policies: own.map(({ id }) => id), error }
}

/** The least role in Airflow that does it, of those that the grants carry: no one gets more than is needed. */
function leastSufficient(grants: readonly Grant[], wanted: AirflowRole): AirflowRole | null {
  let least: AirflowRole | null = null
  for (const { role } of grants) {
    if (!suffices(role.airflowRole, wanted)) continue
    if (least === null || suffices(least, role.airflowRole)) least = role.airflowRole
  }
  return least
}

/** Who could: a role that someone has for this, else the built-in role that has the verb. */
function needed(
  grants: readonly Grant[],
  verb: Verb,
  minRole: AirflowRole,
  covers: (grant: Grant) => boolean,
): string {
  const able = grants.filter(({ role }) => role.verbs.has(verb) && suffices(role.airflowRole, minRole))
  const fitting = able.find(covers) ?? able[0]
  return `the role ${fitting?.role.name ?? leastBuiltIn(verb, minRole)}`
}

/** The least built-in role that has the verb and is enough in Airflow. */
function leastBuiltIn(verb: Verb, minRole: AirflowRole): AirflowRole {
  const least = leastRoleOfVerb.get(verb) ?? minRole
  return suffices(least, minRole) ? least : minRole
}

function described({ role, dags, forAll }: Grant): string {
  return forAll ? role.name : `${role.name} on ${dags.join(', ')}`
}

function closed(path: string): Decision {
  return { effect: 'deny', policies: [], error: new JetwayError('ROUTE_CLOSED', { path }) }
}
