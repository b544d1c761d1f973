import { catalogue } from '#shared/airflow/catalogue.ts'
import type { ResolvedOperation, Verb } from '#shared/airflow/operation.ts'
import type { Principal } from '../identity/principal.ts'
import type { Decision } from './decision.ts'
import type { Policy } from './policy.ts'

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
  /** The conf of a trigger. */
  readonly conf: Readonly<Record<string, unknown>> | null
  readonly at: Date
  /** The address that it comes from; null where it is not known. */
  readonly from: string | null
  /** How long ago the person signed in, in seconds; null where it is not known. */
  readonly authAgeSeconds: number | null
}

/** What a policy is asked, without a request. */
export interface Asked {
  readonly who: Who
  readonly what: ResolvedOperation
  readonly given: Circumstances
}

/** The one place where the tools ask a policy: what it says is what a request would get. */
export function ask(policy: Policy, { who, what }: Asked): Decision {
  return policy.authorize(principalOf(who), what)
}

/** Of which nothing is known but the time. */
export function unknownCircumstances(at: Date): Circumstances {
  return { tags: null, conf: null, at, from: null, authAgeSeconds: null }
}

/** An operation of a verb, on a DAG: an id, `~` for all of them, null for what is of no DAG. */
export function operationOf(verb: Verb, dag: string | null): ResolvedOperation {
  const operation = catalogue.find((row) => row.verb === verb)
  if (!operation) throw new Error(`no operation has the verb ${verb}`)
  return { operation, resource: { dag, run: null, task: null, name: null } }
}

/** As a sign-in would make it. */
export function principalOf({ kind, name, groups }: Who): Principal {
  return {
    kind: kind === 'machine' ? 'machine' : 'person',
    issuer: 'none',
    subject: name ?? 'anyone',
    name: name ?? 'anyone',
    email: name?.includes('@') ? name : null,
    groups,
    authTime: null,
    expires: Number.MAX_SAFE_INTEGER,
    ...(kind === 'agent' ? { act: { subject: 'agent', client: 'agent' } } : {}),
  }
}
