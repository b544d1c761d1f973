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

/** What a policy is asked when nobody does it. */
export interface Question {
  readonly who: Who
  readonly what: ResolvedOperation
}

/** The one place where the tools ask a policy: what it says is what a request would get. */
export function ask(policy: Policy, { who, what }: Question): Decision {
  return policy.authorize(principalOf(who), what)
}

/** An operation of a verb, on a DAG: an id, `~` for all of them, null for what is of no DAG. */
export function operationOf(verb: Verb, dag: string | null): ResolvedOperation {
  const operation = catalogue.find((row) => row.verb === verb)
  if (!operation) throw new Error(`no operation has the verb ${verb}`)
  return { operation, resource: { dag, run: null, task: null, name: null } }
}

function principalOf({ kind, name, groups }: Who): Principal {
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
