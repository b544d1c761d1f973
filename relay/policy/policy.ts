import { makesRuns } from '#shared/airflow/body/analyse.ts'
import type { Verb } from '#shared/airflow/operation.ts'
import { suffices } from '#shared/airflow/roles.ts'
import type { AirflowRole, PolicyConfig } from '#shared/config/policy-config.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { GroupsMissing, Principal } from '../identity/principal.ts'
import { cedarRequestOf, type Question } from './cedar-request.ts'
import type { CompiledPolicy, Mode } from './compiled-policy.ts'
import type { ConnectDecision, Decision } from './decision.ts'
import { DecisionCache } from './decision-cache.ts'
import { failedConditions, forbidden, groupsUnknown, notGranted } from './denial.ts'
import type { GrantIndex } from './grant-index.ts'
import { policiesOf } from './grants.ts'
import { type CedarFile, ownPolicies } from './own-policies.ts'
import type { ConnectRequest, PolicyRequest } from './request.ts'
import { shellVerbs } from './schema.ts'
import { type Slice, Slices, type Verdict } from './slices.ts'

export interface Policy {
  /** Every policy in Cedar: grants, connect and forbid of the configuration, then those of the files. */
  readonly policies: readonly CompiledPolicy[]
  /** Whether it speaks of the tags of DAGs at all, so that they have to be known. */
  readonly usesTags: boolean
  /** Whether someone may do something. What no policy permits is denied; what one forbids is, too. */
  authorize(request: PolicyRequest): Decision
  /**
   * Whether it may turn out to be allowed, whatever the tags are, the conf, and the DAG where none is named: asked before
   * a body is read that says so. An allow means perhaps; a denial is certain.
   */
  couldAllow(request: PolicyRequest): Decision
  /**
   * Whether someone may see of a list what is for them, where Airflow itself leaves out the rest: an allow names the DAGs.
   * A grant by tag does not count, and whoever is forbidden some DAG is denied.
   */
  authorizeNarrowed(request: PolicyRequest): Decision
  /** Whether someone may connect to a tcp service. */
  authorizeConnect(request: ConnectRequest): ConnectDecision
  /** Whether someone may read or write a path of an http service. */
  authorizeHttp(request: PolicyRequest): ConnectDecision
  /** Gives back what Cedar keeps of it. It decides nothing any more. */
  release(): void
}

type ServiceKind = 'airflow' | 'tcp' | 'http'

/** Groups of a principal that the policies speak of, with a number that stands for them. */
interface Profile {
  readonly number: number
  readonly groups: readonly string[]
  /** Why they are not known; null where they are. */
  readonly missing: GroupsMissing | null
  /** The grants that these groups have. */
  readonly own: Readonly<Record<ServiceKind, readonly CompiledPolicy[]>>
}

const maxProfiles = 4096

/**
 * Compiles a policy. It holds memory of Cedar's until it is released.
 *
 * @param config one without mistakes
 * @param files those that `config.cedarFiles` names, without mistakes
 */
export function compilePolicy(config: PolicyConfig, files: readonly CedarFile[] = []): Policy {
  if (files.length !== config.cedarFiles.length) throw new Error('not every file of cedarFiles was given')
  const own = ownPolicies(files)
  if (own.mistakes.length > 0) throw new Error(own.mistakes.map(({ what }) => what).join('; '))
  const policies = Object.freeze([...policiesOf(config), ...own.policies])
  const { contact } = config
  const slices = new Slices(policies)
  const cache = new DecisionCache()
  const profileOf = profiles(policies)

  const decide = (question: Question): Decision => {
    const profile = profileOf(question.principal)
    const slice = slices.get(question.verb, profile.number, profile.groups)
    return cache.get(profile.number, question, slice.uses, () =>
      Object.freeze(evaluate({ question, slice, profile, all: slices.grantsOf(question.verb), contact })),
    )
  }

  const ask = (mode: Mode, { principal, operation, resource, tags, context }: PolicyRequest): Decision => {
    const { verb, minRole, path, body } = operation
    if (verb === null || minRole === null) return closed(path)
    return decide({ mode, principal, verb, minRole, resource, tags, hasConf: makesRuns(body), context })
  }

  return {
    policies,
    usesTags: policies.some(({ uses }) => uses.tags),
    authorize: (request) => ask('decide', request),
    couldAllow: (request) => ask('could', { ...request, tags: null }),
    authorizeNarrowed: (request) =>
      ask('list', { ...request, resource: { ...request.resource, dag: '~' }, tags: null }),
    authorizeConnect({ principal, service, context }) {
      return decide({
        mode: 'decide',
        principal,
        verb: 'tcp.connect',
        minRole: 'viewer',
        resource: { service, path: null },
        tags: null,
        hasConf: false,
        context: { ...context, service, method: null, reason: null, conf: null },
      })
    },
    authorizeHttp({ principal, operation, resource, context }) {
      const { verb, path } = operation
      const { service } = context
      if (verb === null || service === null) return closed(path)
      return decide({
        mode: 'decide',
        principal,
        verb,
        minRole: 'viewer',
        resource: { service, path: resource.name ?? '' },
        tags: null,
        hasConf: false,
        context,
      })
    },
    release: () => slices.release(),
  }
}

interface Evaluation {
  readonly question: Question
  readonly slice: Slice
  readonly profile: Profile
  /** Those that have the verb, whoever they are for. */
  readonly all: GrantIndex
  readonly contact: string
}

function evaluate({ question, slice, profile, all, contact }: Evaluation): Decision {
  const { mode } = question
  if (profile.missing === 'too-many' || profile.missing === 'cut') {
    const error = groupsUnknown(question, profile.missing, contact)
    return { effect: 'deny', policies: [], error, failed: [] }
  }
  const request = cedarRequestOf(question, profile.groups, slice.uses)
  const { permits, forbids } = holding(mode, slice.evaluate(mode, request))
  if (forbids.length > 0) {
    const error = forbidden(question, forbids, contact)
    return { effect: 'deny', policies: forbids.map(({ id }) => id), error, failed: [] }
  }
  const sufficient = permits.filter(({ airflowRole }) => suffices(airflowRole ?? 'admin', question.minRole))
  const airflowRole = leastAirflowRole(sufficient, question)
  if (airflowRole !== null) {
    return {
      effect: 'allow',
      policies: sufficient.map(({ id }) => id),
      airflowRole,
      obligations: [...new Set(sufficient.flatMap(({ obligations }) => obligations))],
      ...(mode === 'list'
        ? { dags: [...new Set(sufficient.flatMap(({ grant }) => grant?.dags ?? ['*']))] }
        : {}),
    }
  }
  const failed = failedConditions(slice, question, request)
  const own = ownOf(profile, question)
  const error = notGranted({ question, all, own, failed, contact })
  return { effect: 'deny', policies: own.map(({ id }) => id), error, failed }
}

/**
 * What cannot be evaluated is what asks for something that is not known. A permit does not hold then and a forbid does;
 * where it is only asked what could be, it is the other way round.
 */
function holding(
  mode: Mode,
  { deciding, failed }: Verdict,
): {
  readonly permits: readonly CompiledPolicy[]
  readonly forbids: readonly CompiledPolicy[]
} {
  const isForbid = ({ effect }: CompiledPolicy) => effect === 'forbid'
  const unknown = failed.filter((policy) => isForbid(policy) !== (mode === 'could'))
  const held = [...deciding, ...unknown]
  return { permits: held.filter((policy) => !isForbid(policy)), forbids: held.filter(isForbid) }
}

/** The least role in Airflow that does it, of those that the permits carry: no one gets more than is needed. */
function leastAirflowRole(
  permits: readonly CompiledPolicy[],
  { verb, minRole }: Question,
): AirflowRole | null {
  if (permits.length > 0 && shellVerbs.includes(verb)) return minRole
  let least: AirflowRole | null = null
  for (const { airflowRole } of permits) {
    const role = airflowRole ?? minRole
    if (least === null || suffices(least, role)) least = role
  }
  return least
}

function profiles(policies: readonly CompiledPolicy[]): (principal: Principal) => Profile {
  const known = new Set(policies.flatMap(({ groups }) => groups))
  const ofPrincipal = new WeakMap<Principal, Profile>()
  const ofGroups = new Map<string, Profile>()
  let made = 0
  return (principal) => {
    const found = ofPrincipal.get(principal)
    if (found) return found
    const groups = [...new Set(principal.groups)].filter((group) => known.has(group)).sort()
    const missing = principal.groupsMissing ?? null
    const key = JSON.stringify([missing, groups])
    const profile = ofGroups.get(key) ?? { number: made++, groups, missing, own: ownGrants(policies, groups) }
    if (ofGroups.size >= maxProfiles) ofGroups.delete(ofGroups.keys().next().value as string)
    ofGroups.set(key, profile)
    ofPrincipal.set(principal, profile)
    return profile
  }
}

function ownGrants(policies: readonly CompiledPolicy[], groups: readonly string[]): Profile['own'] {
  const own = policies.filter(({ grant, group }) => grant && group !== null && groups.includes(group))
  const ofKind = (kind: ServiceKind) =>
    own.filter(({ verbs }) => [...verbs].some((verb) => kindOf(verb) === kind))
  return { airflow: ofKind('airflow'), tcp: ofKind('tcp'), http: ofKind('http') }
}

/** Of an http service only what is for it: another one is another matter. */
function ownOf({ own }: Profile, { verb, resource }: Question): readonly CompiledPolicy[] {
  const kind = kindOf(verb)
  if (kind !== 'http' || !('service' in resource)) return own[kind]
  return own.http.filter(({ grant }) => grant?.services.includes(resource.service))
}

function kindOf(verb: Verb): ServiceKind {
  return verb === 'tcp.connect' ? 'tcp' : verb.startsWith('http.') ? 'http' : 'airflow'
}

function closed(path: string): Extract<Decision, { effect: 'deny' }> {
  const error = new JetwayError('ROUTE_CLOSED', { path })
  return { effect: 'deny', policies: [], error, failed: [] }
}
