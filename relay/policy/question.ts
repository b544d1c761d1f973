import type { ResolvedOperation, Verb } from '#shared/airflow/operation.ts'
import { resolve } from '#shared/airflow/resolve.ts'
import { allVerbs } from '#shared/airflow/roles.ts'
import type { AirflowRole, PolicyConfig } from '#shared/config/policy-config.ts'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import { ask, type Circumstances, operationOf, principalOf, type Who } from './ask.ts'
import { authorizeConnect } from './connect.ts'
import type { ConnectDecision, Decision } from './decision.ts'
import type { Policy } from './policy.ts'
import { isOnDags } from './sample.ts'

/** What someone would do. */
export type Deed =
  | { readonly kind: 'operation'; readonly what: ResolvedOperation }
  /** A request that no Airflow API documents. */
  | { readonly kind: 'unknown'; readonly method: string; readonly path: string }
  | { readonly kind: 'connect'; readonly service: string }

export interface Question {
  readonly who: Who
  readonly deed: Deed
  readonly given: Circumstances
}

export const connectVerb = 'tcp.connect'

/**
 * What is meant by `do`: a verb, with the DAG or service that it is done to, or a request: `POST /api/v2/…`.
 *
 * @throws USAGE
 */
export function deedOf(what: string, on: { dag?: string | undefined; service?: string | undefined }): Deed {
  const usage = (reason: string) => new JetwayError('USAGE', { reason })
  const request = /^([A-Z]+) (\/\S*)$/.exec(what)
  if (what === connectVerb) {
    if (on.service === undefined) throw usage('tcp.connect is done to a service: name it.')
    if (on.dag !== undefined) throw usage('tcp.connect is done to no DAG.')
    return { kind: 'connect', service: on.service }
  }
  if (on.service !== undefined) throw usage('Only tcp.connect is done to a service.')
  if (request) {
    const [, method, target] = request as unknown as [string, string, string]
    if (on.dag !== undefined) throw usage('The path of a request names its DAG already.')
    const resolved = resolve(method, target)
    return resolved
      ? { kind: 'operation', what: resolved }
      : { kind: 'unknown', method, path: target.split('?', 1)[0] as string }
  }
  if (!allVerbs.includes(what as Verb)) {
    throw usage(
      `There is no verb ${what}; docs/airflow-verbs.md has them all. A request is "POST /api/v2/…".`,
    )
  }
  const verb = what as Verb
  if (!isOnDags(verb) && on.dag !== undefined) throw usage(`${verb} is done to no DAG.`)
  return { kind: 'operation', what: operationOf(verb, isOnDags(verb) ? (on.dag ?? '~') : null) }
}

/** What the relay would answer. */
export function answer(
  config: PolicyConfig,
  policy: Policy,
  { who, deed, given }: Question,
): Decision | ConnectDecision {
  if (deed.kind === 'connect') return authorizeConnect(config, principalOf(who), deed.service)
  if (deed.kind === 'operation') return ask(policy, { who, what: deed.what, given })
  const error = new JetwayError('ROUTE_UNKNOWN', { method: deed.method, path: deed.path })
  return { effect: 'deny', policies: [], error }
}

export function airflowRoleOf(decision: Decision | ConnectDecision): AirflowRole | null {
  return decision.effect === 'allow' && 'airflowRole' in decision ? decision.airflowRole : null
}

/** `run.trigger on finance_close`, `tcp.connect on warehouse`. */
export function deedWords(deed: Deed): string {
  if (deed.kind === 'connect') return `${connectVerb} on ${deed.service}`
  if (deed.kind === 'unknown') return `${deed.method} ${deed.path}`
  const { operation, resource } = deed.what
  if (operation.verb === null) return `${operation.method} ${operation.path}`
  if (resource.dag === '~') return `${operation.verb} on all DAGs`
  const on = resource.dag ?? resource.name
  return on === null ? operation.verb : `${operation.verb} on ${on}`
}
