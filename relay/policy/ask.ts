import { makesRuns } from '#shared/airflow/body/analyse.ts'
import { catalogue } from '#shared/airflow/catalogue.ts'
import type { ResolvedOperation, Verb } from '#shared/airflow/operation.ts'
import type { Principal } from '../identity/principal.ts'
import type { ConnectDecision, Decision } from './decision.ts'
import type { Policy } from './policy.ts'
import type { ConfFacts } from './request.ts'

/** Someone as a policy sees them, without a sign-in. */
export interface Who {
  /** `agent`: an agent that acts for a person. */
  readonly kind: 'person' | 'machine' | 'agent'
  /** E-mail or subject; null for anyone. */
  readonly name: string | null
  readonly groups: readonly string[]
}

/** What else a policy may look at. */
export interface Circumstances {
  /** The DAG's tags; null where they are not known. */
  readonly tags: readonly string[] | null
  /** Of a trigger. */
  readonly conf: ConfFacts
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The address that it comes from; null where it is not known. */
  readonly from: string | null
  /** How long ago the person signed in, in seconds; null where the provider does not say. */
  readonly authAgeSeconds: number | null
  /** How strongly they signed in (`acr`); null where the provider does not say. */
  readonly acr: string | null
}

/** What is done: an operation of Airflow, a connection to a tcp service, or a request to an http service. */
export type Act = ResolvedOperation | ServiceAct

interface ServiceAct {
  readonly service: string
  /** What is asked of it; null for a connection. */
  readonly request: ResolvedOperation | null
}

/** What a policy is asked, without a request. */
export interface Asked {
  readonly who: Who
  readonly what: Act
  readonly given: Circumstances
}

/** What a policy says is what a request would get. */
export function ask(policy: Policy, { who, what, given }: Asked): Decision | ConnectDecision {
  if (!('service' in what)) return askAirflow(policy, { who, what, given })
  const { service, request } = what
  const principal = principalOf(who, given)
  const context = { time: given.at, sourceIp: given.from, via: 'tunnel' } as const
  if (request === null) return policy.authorizeConnect({ principal, service, context })
  const { method } = request.operation
  return policy.authorizeHttp({
    principal,
    ...request,
    tags: null,
    context: { ...context, service, method, reason: null, conf: null },
  })
}

export function askAirflow(
  policy: Policy,
  { who, what, given }: Asked & { readonly what: ResolvedOperation },
): Decision {
  const { method, body } = what.operation
  return policy.authorize({
    principal: principalOf(who, given),
    ...what,
    tags: given.tags,
    context: {
      time: given.at,
      sourceIp: given.from,
      via: 'tunnel',
      service: null,
      method,
      reason: null,
      conf: makesRuns(body) ? given.conf : null,
    },
  })
}

/** Of which nothing is known but the time. */
export function unknownCircumstances(at: number): Circumstances {
  return {
    tags: null,
    conf: { present: false, bytes: 0, keys: [] },
    at,
    from: null,
    authAgeSeconds: null,
    acr: null,
  }
}

/** An operation of a verb, on a DAG: an id, `~` for all of them, null for what is of no DAG. */
export function operationOf(verb: Verb, dag: string | null): ResolvedOperation {
  const operation = catalogue.find((row) => row.verb === verb)
  if (!operation) throw new Error(`no operation has the verb ${verb}`)
  return { operation, resource: { dag, run: null, task: null, name: null } }
}

/** As a sign-in would make it. */
function principalOf({ kind, name, groups }: Who, { at, authAgeSeconds, acr }: Circumstances): Principal {
  return {
    kind: kind === 'machine' ? 'machine' : 'person',
    issuer: 'none',
    subject: name ?? 'anyone',
    name: name ?? 'anyone',
    email: name?.includes('@') ? name : null,
    groups,
    authTime: authAgeSeconds === null ? null : Math.floor(at / 1000) - authAgeSeconds,
    expires: Number.MAX_SAFE_INTEGER,
    authentication: { by: 'none', tokenId: null, sessionId: null, acr },
    ...(kind === 'agent' ? { act: { subject: 'agent', client: 'agent' } } : {}),
  }
}
