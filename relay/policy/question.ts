import type { ResolvedOperation, Verb } from '#shared/airflow/operation.ts'
import { resolve } from '#shared/airflow/resolve.ts'
import { allVerbs } from '#shared/airflow/roles.ts'
import { touched } from '#shared/airflow/touched.ts'
import type { AirflowRole } from '#shared/config/policy-config.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { httpOperation } from '../upstream/http-operation.ts'
import { type Act, ask, askAirflow, type Circumstances, operationOf, type Who } from './ask.ts'
import type { ConnectDecision, Decision } from './decision.ts'
import type { Policy } from './policy.ts'
import { isOnDags } from './sample.ts'
import { together } from './together.ts'

/** What someone would do. */
export type Deed =
  | {
      readonly kind: 'act'
      readonly what: Act
      /** What else the request touches: all of it has to be allowed. */
      readonly also: readonly ResolvedOperation[]
    }
  /** A request that no Airflow API documents. */
  | { readonly kind: 'unknown'; readonly method: string; readonly path: string }

export interface AccessQuestion {
  readonly who: Who
  readonly deed: Deed
  readonly given: Circumstances
}

const connectVerb = 'tcp.connect'

/**
 * What is meant by `do`: a verb, with the DAG or service that it is done to, or a request: `POST /api/v2/…`, of Airflow or of
 * the http service that is named.
 *
 * @throws USAGE
 */
export function deedOf(what: string, on: { dag?: string | undefined; service?: string | undefined }): Deed {
  const usage = (reason: string) => new JetwayError('USAGE', { reason })
  const request = /^([A-Z]+) (\/\S*)$/.exec(what)
  if (what === connectVerb) {
    if (on.service === undefined) throw usage('tcp.connect is done to a service: name it.')
    if (on.dag !== undefined) throw usage('tcp.connect is done to no DAG.')
    return { kind: 'act', what: { service: on.service, request: null }, also: [] }
  }
  if (on.service !== undefined && !request)
    throw usage('To a service one connects (tcp.connect), or sends a request: "GET /…".')
  if (request) {
    const [, method, target] = request as unknown as [string, string, string]
    if (on.dag !== undefined) throw usage('The path of a request names its DAG already.')
    if (on.service !== undefined) {
      if (!isDecodable(target)) throw usage(`${target} is no path: % begins two hexadecimal digits.`)
      return serviceDeed(on.service, httpOperation(method, target, false), method, target)
    }
    const resolved = resolve(method, target)
    if (!resolved) return { kind: 'unknown', method, path: target.split('?', 1)[0] as string }
    const [first = resolved, ...also] = touched(resolved, target)
    return { kind: 'act', what: first, also }
  }
  if (!allVerbs.includes(what as Verb)) {
    throw usage(
      `There is no verb ${what}; docs/airflow-verbs.md has them all. A request is "POST /api/v2/…".`,
    )
  }
  const verb = what as Verb
  if (!isOnDags(verb) && on.dag !== undefined) throw usage(`${verb} is done to no DAG.`)
  return { kind: 'act', what: operationOf(verb, isOnDags(verb) ? (on.dag ?? '~') : null), also: [] }
}

/** A request to an http service, as the relay took it. */
export function serviceDeed(
  service: string,
  request: ResolvedOperation | null,
  method: string,
  target: string,
): Deed {
  if (!request) return { kind: 'unknown', method, path: target.split('?', 1)[0] as string }
  return { kind: 'act', what: { service, request }, also: [] }
}

/** What the relay would answer. */
export function answer(policy: Policy, { who, deed, given }: AccessQuestion): Decision | ConnectDecision {
  if (deed.kind === 'act') {
    if ('service' in deed.what) return ask(policy, { who, what: deed.what, given })
    return together([deed.what, ...deed.also].map((what) => askAirflow(policy, { who, what, given })))
  }
  const error = new JetwayError('ROUTE_UNKNOWN', { method: deed.method, path: deed.path })
  return { effect: 'deny', policies: [], error, failed: [] }
}

/** The role in Airflow of an allow; null for a connection. */
export function airflowRoleOf(decision: Decision | ConnectDecision): AirflowRole | null {
  return decision.effect === 'allow' && 'airflowRole' in decision ? decision.airflowRole : null
}

/** `run.trigger on finance_close`, `tcp.connect on warehouse`. */
export function deedWords(deed: Deed): string {
  if (deed.kind === 'unknown') return `${deed.method} ${deed.path}`
  if ('service' in deed.what) {
    const { service, request } = deed.what
    return request
      ? `${request.operation.verb} on ${service}${request.resource.name}`
      : `${connectVerb} on ${service}`
  }
  const { operation, resource } = deed.what
  if (operation.verb === null) return `${operation.method} ${operation.path}`
  if (resource.dag === '~') return `${operation.verb} on all DAGs`
  const on = resource.dag ?? resource.name
  const more = deed.also.length === 0 ? '' : ` and ${deed.also.length} more`
  return `${operation.verb}${on === null ? '' : ` on ${on}`}${more}`
}

function isDecodable(target: string): boolean {
  try {
    decodeURIComponent(target)
    return true
  } catch {
    return false
  }
}
