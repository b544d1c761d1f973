import { dagMatcher } from '#shared/airflow/dag-glob.ts'
import { verbWords } from '#shared/airflow/verb-words.ts'
import type { Access } from '#shared/ipc/access.ts'

export type Grant = Access['services'][number]['grants'][number]
export type Forbid = Access['forbids'][number]

export interface MayAnswer {
  /** `depends`: on conditions or on the DAG's tags, which only the relay can look at. */
  readonly may: 'yes' | 'depends' | 'no'
  /** Grants that are for this, those without conditions first. */
  readonly grants: readonly Grant[]
  /** Rules that forbid it, or may. */
  readonly forbids: readonly Forbid[]
  /** Grants of the same verb for other DAGs. */
  readonly near: readonly Grant[]
}

interface Asked {
  readonly verb: string
  /** Null for all DAGs at once, and for what belongs to no DAG. */
  readonly dag: string | null
  /** In ms since the epoch. */
  readonly now: number
}

/** What a person's grants and the rules that forbid say to one request, matched as the relay matches them. */
export function mayI(
  grants: readonly Grant[],
  forbids: readonly Forbid[],
  { verb, dag, now }: Asked,
): MayAnswer {
  const having = grants.filter((grant) => grant.verbs.includes(verb) && isIn(grant, now))
  const fitting = having.filter((grant) => covers(grant, dag))
  const against = forbids.filter(
    (rule) => rule.verbs.includes(verb) && isIn(rule, now) && forbidsSome(rule, verb, dag),
  )
  const answer = {
    grants: [...fitting.filter(isPlain), ...fitting.filter((grant) => !isPlain(grant))],
    forbids: against,
    near: having.filter((grant) => !fitting.includes(grant)),
  }
  if (fitting.length === 0 || against.some(isPlain)) return { ...answer, may: 'no' }
  return { ...answer, may: fitting.some(isPlain) && against.length === 0 ? 'yes' : 'depends' }
}

/** Whether it holds without anything else having to. */
export function isPlain({ conditions, tags }: Pick<Grant, 'conditions' | 'tags'>): boolean {
  return conditions.length === 0 && tags === null
}

/** Whether it has not ended. */
function isIn({ until }: Pick<Grant, 'until'>, now: number): boolean {
  return until === null || now < Date.parse(until)
}

/** A grant that is not about DAGs covers what is none. */
function covers({ dags, tags }: Grant, dag: string | null): boolean {
  if (dags.length === 0) return dag === null
  return dagMatcher(dags)(dag) && (dag !== null || tags === null)
}

/** What forbids something of some DAGs forbids it for all of them at once. */
function forbidsSome({ dags }: Forbid, verb: string, dag: string | null): boolean {
  if (dags.length === 0 || dagMatcher(dags)(dag)) return true
  return dag === null && verbWords.get(verb)?.ofDag === true
}
