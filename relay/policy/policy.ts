import type { Verb } from '#shared/airflow/operation.ts'
import { leastRoleOfVerb, suffices } from '#shared/airflow/roles.ts'
import type { AirflowRole, PolicyConfig } from '#shared/config/policy-config.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Principal } from '../identity/principal.ts'
import { cedarRequestOf, type Question } from './cedar-request.ts'
import type { CompiledPolicy, Grant } from './compiled-policy.ts'
import type { ConnectDecision, Decision } from './decision.ts'
import { DecisionCache } from './decision-cache.ts'
import { failedConditions, forbidden, notGranted } from './denial.ts'
import type { Verdict } from './engine.ts'
import { policiesOf } from './grants.ts'
import { type CedarFile, ownPolicies } from './own-policies.ts'
import type { ConnectRequest, PolicyRequest } from './request.ts'
import { shellVerbs } from './schema.ts'
import { type Slice, Slices } from './slices.ts'

export interface Policy {
  /** Every policy in Cedar: grants, connect and forbid of the configuration, then those of the files. */
  readonly policies: readonly CompiledPolicy[]
  /** Whether someone may do something. What no policy permits is denied; what one forbids is, too. */
  authorize(request: PolicyRequest): Decision
  /** Whether someone may connect to a tcp service. */
  authorizeConnect(request: ConnectRequest): ConnectDecision
  /** Gives back what Cedar keeps of it. It decides nothing any more. */
  release(): void
}

/** Groups of a principal that the policies speak of, with a number that stands for them. */
interface Profile {
  readonly number: number
  readonly groups: readonly string[]
  /** The grants that these groups have. */
  readonly own: { readonly airflow: readonly CompiledPolicy[]; readonly tcp: readonly CompiledPolicy[] }
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
  const policies = Object.freeze([...policiesOf(config), ...ownPolicies(files).policies])
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

  return {
    policies,
    authorize({ principal, operation, resource, tags, context }) {
      const { verb, path, readsConf } = operation
      if (verb === null) return closed(path)
      return decide({ principal, verb, resource, tags, hasConf: readsConf, context })
    },
    authorizeConnect({ principal, service, context }) {
      return decide({
        principal,
        verb: 'tcp.connect',
        resource: { service },
        tags: null,
        hasConf: false,
        context: { ...context, service, method: null, reason: null, conf: null },
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
  readonly all: readonly Grant[]
  readonly contact: string
}

function evaluate({ question, slice, profile, all, contact }: Evaluation): Decision {
  const { verb } = question
  const request = cedarRequestOf(question, profile.groups, slice.uses)
  const { forbids, open, permits } = sorted(slice, slice.set.evaluate(request), isConfUnread(question))
  if (forbids.length > 0) {
    const error = forbidden(question, forbids, contact)
    return { effect: 'deny', policies: forbids.map(({ id }) => id), error, failed: [], needsConf: false }
  }
  const airflowRole = leastAirflowRole(permits, verb)
  if (airflowRole !== null && open.length === 0) {
    const obligations = [...new Set(permits.flatMap((policy) => policy.obligations))]
    return { effect: 'allow', policies: permits.map(({ id }) => id), airflowRole, obligations }
  }
  const needsConf = open.length > 0 && [...permits, ...open].some(({ effect }) => effect === 'permit')
  const failed = needsConf ? [] : failedConditions(slice, question, request)
  const own = verb === 'tcp.connect' ? profile.own.tcp : profile.own.airflow
  const error = notGranted({ question, all, own, failed, contact })
  return { effect: 'deny', policies: own.map(({ id }) => id), error, failed, needsConf }
}

/**
 * What cannot be evaluated is what asks for something unknown. A permit does not hold then and a forbid does, but where
 * it is the conf that was not read yet, that is open.
 */
function sorted(slice: Slice, { allowed, deciding, failed }: Verdict, confUnread: boolean) {
  const at = (i: number) => slice.policies[i] as CompiledPolicy
  const inError = failed.map(at)
  const isOpen = ({ uses }: CompiledPolicy) => confUnread && uses.conf
  const isForbid = ({ effect }: CompiledPolicy) => effect === 'forbid'
  const held = deciding.map(at)
  const permits = held.filter((policy) => !isForbid(policy))
  return {
    permits: allowed ? permits : [],
    forbids: [...held.filter(isForbid), ...inError.filter((policy) => isForbid(policy) && !isOpen(policy))],
    open: inError.filter((policy) => isOpen(policy) && (isForbid(policy) || !allowed)),
  }
}

function isConfUnread({ hasConf, context }: Question): boolean {
  return hasConf && context.conf === null
}

/** The least role in Airflow that does it, of those that the permits carry: no one gets more than is needed. */
function leastAirflowRole(permits: readonly CompiledPolicy[], verb: Verb): AirflowRole | null {
  const wanted = leastRoleOfVerb.get(verb) ?? 'viewer'
  if (permits.length > 0 && shellVerbs.includes(verb)) return wanted
  let least: AirflowRole | null = null
  for (const { airflowRole } of permits) {
    const role = airflowRole ?? wanted
    if (suffices(role, wanted) && (least === null || suffices(least, role))) least = role
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
    const key = JSON.stringify(groups)
    const profile = ofGroups.get(key) ?? { number: made++, groups, own: ownGrants(policies, groups) }
    if (ofGroups.size >= maxProfiles) ofGroups.delete(ofGroups.keys().next().value as string)
    ofGroups.set(key, profile)
    ofPrincipal.set(principal, profile)
    return profile
  }
}

function ownGrants(policies: readonly CompiledPolicy[], groups: readonly string[]): Profile['own'] {
  const own = policies.filter(({ grant, group }) => grant && group !== null && groups.includes(group))
  const isTcp = ({ verbs }: CompiledPolicy) => verbs.has('tcp.connect')
  return { airflow: own.filter((policy) => !isTcp(policy)), tcp: own.filter(isTcp) }
}

function closed(path: string): Decision {
  const error = new JetwayError('ROUTE_CLOSED', { path })
  return { effect: 'deny', policies: [], error, failed: [], needsConf: false }
}
