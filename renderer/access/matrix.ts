import { globCovers, globsMeet } from '#shared/airflow/dag-glob.ts'
import { type VerbGroup, verbGroups, verbWords } from '#shared/airflow/verb-words.ts'
import { type Forbid, type Grant, isPlain } from './may-i.ts'

/** Some DAGs that grants are for: a column. */
export interface Scope {
  readonly key: string
  readonly dags: readonly string[]
  readonly tags: readonly string[] | null
}

/** `partly`: under a condition, or not where a rule forbids it. */
export type Mark = 'yes' | 'partly' | 'no'

export interface VerbRow {
  readonly verb: string
  readonly words: string
  /** One for each scope. */
  readonly marks: readonly Mark[]
  /** Grants with this verb that count. */
  readonly grants: readonly Grant[]
  /** Rules that take some of it away. */
  readonly forbids: readonly Forbid[]
}

export interface VerbGroupRows {
  readonly group: VerbGroup
  /** All verbs of the group, those that nobody granted too. */
  readonly rows: readonly VerbRow[]
}

interface Given {
  readonly grants: readonly Grant[]
  readonly forbids: readonly Forbid[]
  readonly scopes: readonly Scope[]
}

/** Everyone with a grant may see the empty pages of the web interface; that tells nobody anything. */
const ofTheShell: ReadonlySet<string> = new Set(['ui.view', 'health.read', 'version.read'])

/** Verbs of Airflow that a person may want. */
export const airflowVerbs: readonly string[] = [...verbWords.keys()].filter(
  (verb) => !ofTheShell.has(verb) && !/^(http|tcp)\./.test(verb),
)

/** All DAGs first, then by the number of grants. */
export function scopesOf(grants: readonly Grant[]): Scope[] {
  const scopes = new Map<string, { readonly scope: Scope; count: number }>()
  for (const { dags, tags } of grants) {
    const key = JSON.stringify([dags, tags])
    const known = scopes.get(key)
    if (known) known.count += 1
    else scopes.set(key, { scope: { key, dags, tags }, count: 1 })
  }
  return [...scopes.values()]
    .sort((a, b) => Number(isForAll(b.scope)) - Number(isForAll(a.scope)) || b.count - a.count)
    .map(({ scope }) => scope)
}

/** Verbs by what kind of thing they are, each with what it is granted for. */
export function matrixOf(given: Given): VerbGroupRows[] {
  return verbGroups.map((group) => ({
    group,
    rows: airflowVerbs
      .filter((verb) => verbWords.get(verb)?.group === group)
      .map((verb) => rowOf(verb, given)),
  }))
}

function rowOf(verb: string, { grants, forbids, scopes }: Given): VerbRow {
  const { words = verb, ofDag = false } = verbWords.get(verb) ?? {}
  // What belongs to no DAG takes a grant on all of them.
  const counting = grants.filter((grant) => grant.verbs.includes(verb) && (ofDag || isForAll(grant)))
  const against = counting.length === 0 ? [] : forbids.filter((rule) => rule.verbs.includes(verb))
  const marks = scopes.map((scope): Mark => {
    if (!ofDag && !isForAll(scope)) return 'no'
    const covering = counting.filter((grant) => isWithin(scope, grant))
    const meeting = against.filter((rule) => meets(scope, rule))
    if (covering.length === 0 || meeting.some((rule) => isPlain(rule) && isWithin(scope, rule))) return 'no'
    const isCertain = covering.some(({ conditions }) => conditions.length === 0)
    return isCertain && meeting.length === 0 ? 'yes' : 'partly'
  })
  return { verb, words, marks, grants: counting, forbids: against }
}

function isForAll({ dags, tags }: Pick<Scope, 'dags' | 'tags'>): boolean {
  return dags.includes('*') && tags === null
}

/** Whether all that a scope is for is covered; a scope by tags says itself that it is for those alone. */
function isWithin(scope: Scope, by: Pick<Scope, 'dags' | 'tags'>): boolean {
  const { tags } = by
  if (tags !== null && !(scope.tags?.every((tag) => tags.includes(tag)) ?? false)) return false
  if (by.dags.length === 0) return true
  return scope.dags.every((inner) => by.dags.some((outer) => globCovers(outer, inner)))
}

function meets(scope: Scope, { dags }: Forbid): boolean {
  return dags.length === 0 || scope.dags.some((one) => dags.some((other) => globsMeet(one, other)))
}
