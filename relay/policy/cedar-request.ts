import type { CedarValueJson, EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs'
import type { Resource, Verb } from '#shared/airflow/operation.ts'
import type { AirflowRole } from '#shared/config/policy-config.ts'
import type { Principal } from '../identity/principal.ts'
import { namespaced, wellFormed } from './cedar-text.ts'
import type { Mode } from './compiled-policy.ts'
import type { CedarRequest } from './engine.ts'
import { plainAddress } from './networks.ts'
import type { RequestContext } from './request.ts'
import { actionGroupsOf, policyVerbs, resourceTypeOf } from './schema.ts'
import type { Uses } from './uses.ts'
import { clockOf } from './zone-clock.ts'

/** A tcp service, or a path of an http service. */
interface ServiceResource {
  readonly service: string
  readonly path: string | null
}

/** What is asked, with a tcp service as a resource beside those of Airflow. */
export interface Question {
  readonly mode: Mode
  readonly principal: Principal
  readonly verb: Verb
  /** The least of Airflow's own roles that does it. */
  readonly minRole: AirflowRole
  readonly resource: Resource | ServiceResource
  readonly tags: readonly string[] | null
  /** Whether it has a conf, read or not. */
  readonly hasConf: boolean
  readonly context: RequestContext
}

/**
 * The request as Cedar gets it: no more than the policies in question read, since every value costs time.
 *
 * What cannot be known (the tags of a DAG, the DAG of a request about all of them, a conf that was not read) is left
 * out, so that a policy that asks for it cannot be evaluated.
 *
 * @param groups of the principal, those that the policies speak of
 */
export function cedarRequestOf(question: Question, groups: readonly string[], uses: Uses): CedarRequest {
  const principal = principalEntity(question.principal, groups, uses)
  const resource = resourceEntity(question, uses)
  const action = actions.get(question.verb) as EntityJson
  return {
    principal: principal.uid as TypeAndId,
    action: action.uid as TypeAndId,
    resource: resource.uid as TypeAndId,
    context: contextOf(question, uses),
    entities: [
      principal,
      action,
      resource,
      ...uses.zones.map((zone) => zoneEntity(zone, question.context.time)),
    ],
  }
}

/** Whether it is about one DAG whose tags could not be had. */
export function tagsAreUnknown({ resource, tags }: Question): boolean {
  return 'dag' in resource && resource.dag !== null && resource.dag !== '~' && tags === null
}

const actions: ReadonlyMap<Verb, EntityJson> = new Map(
  policyVerbs.map((verb) => [
    verb,
    {
      uid: uid('Action', verb),
      attrs: {},
      parents: actionGroupsOf(verb).map((group) => uid('Action', group)),
    },
  ]),
)

/** An agent is in the groups of the one it acts for. */
function principalEntity(principal: Principal, groups: readonly string[], uses: Uses): EntityJson {
  const { issuer, subject, name, email, act } = principal
  return {
    uid: uid(principalTypeOf(principal), `${issuer}#${act ? act.subject : subject}`),
    attrs: uses.principal
      ? {
          issuer,
          subject: wellFormed(subject),
          name: wellFormed(name),
          ...(email === null ? {} : { email: wellFormed(email) }),
          ...(act ? { agent: wellFormed(act.subject), client: wellFormed(act.client) } : {}),
        }
      : {},
    parents: uses.groups ? groups.map((group) => uid('Group', group)) : [],
  }
}

export function principalTypeOf({ kind, act }: Principal): 'Person' | 'Machine' | 'Agent' {
  return act ? 'Agent' : kind === 'machine' ? 'Machine' : 'Person'
}

function resourceEntity({ resource, tags }: Question, uses: Uses): EntityJson {
  if ('service' in resource && resource.path !== null) {
    const { service, path } = resource
    const attrs = { service, path: wellFormed(path) }
    return { uid: uid('Path', JSON.stringify([service, path])), attrs, parents: [] }
  }
  if ('service' in resource) {
    return { uid: uid('Service', resource.service), attrs: { name: resource.service }, parents: [] }
  }
  const { dag, run, task, name } = resource
  if (dag === null) {
    return {
      uid: uid('Item', name ?? ''),
      attrs: name === null ? {} : { name: wellFormed(name) },
      parents: [],
    }
  }
  const type = resourceTypeOf(resource)
  const id = wellFormed(dag)
  if (dag === '~') return { uid: uid('Dag', id), attrs: {}, parents: [] }
  const known = (member: string, value: string | null) =>
    uses.run && value !== null && value !== '~' ? { [member]: wellFormed(value) } : {}
  return {
    uid: uid(type, type === 'Dag' ? id : JSON.stringify([id, run, task])),
    attrs: {
      dag: id,
      ...(uses.tags && tags !== null ? { tags: tags.map(wellFormed) } : {}),
      ...(type === 'Dag' ? {} : known('run', run)),
      ...(type === 'Task' ? known('task', task) : {}),
    },
    parents: type === 'Dag' ? [] : [uid('Dag', id)],
  }
}

function contextOf({ principal, context, hasConf }: Question, uses: Uses): Record<string, CedarValueJson> {
  const { time, sourceIp, via, service, method, reason, conf } = context
  const values: Record<string, CedarValueJson> = {}
  if (uses.time || uses.boundaries.length > 0) {
    values.time = { __extn: { fn: 'datetime', arg: new Date(time).toISOString() } }
  }
  const address = uses.sourceIp ? plainAddress(sourceIp) : null
  if (address !== null) values.sourceIp = { __extn: { fn: 'ip', arg: address } }
  if (uses.authAge && principal.authTime !== null) {
    values.authAgeSeconds = Math.max(0, Math.floor(time / 1000 - principal.authTime))
  }
  const { acr } = principal.authentication
  if (uses.acr && acr !== null) values.acr = wellFormed(acr)
  if (uses.via) values.via = via
  if (uses.service && service !== null) values.service = service
  if (uses.method && method !== null) values.method = method
  if (uses.reason && reason !== null) values.reason = wellFormed(reason)
  if (uses.conf && hasConf) {
    // Without members while it was not read: it is there, and nothing is known of it.
    values.conf = conf ? { present: conf.present, bytes: conf.bytes, keys: conf.keys.map(wellFormed) } : {}
  }
  if (uses.agent) values.agent = principal.act !== undefined
  return values
}

function zoneEntity(zone: string, time: number): EntityJson {
  return { uid: uid('Zone', zone), attrs: { ...clockOf(zone, time) }, parents: [] }
}

function uid(type: string, id: string): TypeAndId {
  return { type: namespaced(type), id: wellFormed(id) }
}
