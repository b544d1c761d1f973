import { dagMatcher, globCovers } from '#shared/airflow/dag-glob.ts'
import { verbWords } from '#shared/airflow/verb-words.ts'
import type { Requestable } from '#shared/ipc/access-requests.ts'

interface Refused {
  readonly verb: string | null
  /** As Activity has it: null for what belongs to no DAG, `~` for all of them at once. */
  readonly dag: string | null
}

/**
 * What may be asked for that lets one do this, the narrowest first: one that has what another has, and less besides, stands
 * before it, and then what has the fewest verbs. What is for some tags alone comes last: whether the DAG has them, only the
 * relay knows.
 */
export function covering(requestables: readonly Requestable[], { verb, dag }: Refused): Requestable[] {
  if (verb === null) return []
  const one = dag === '~' || verbWords.get(verb)?.ofDag === false ? null : dag
  const fitting = requestables.filter(
    ({ verbs, dags, tags }) =>
      verbs.includes(verb) && coversDag(dags, one) && (one !== null || tags === null),
  )
  return fitting.sort(
    (a, b) =>
      Number(a.tags !== null) - Number(b.tags !== null) ||
      widerThan(fitting, a) - widerThan(fitting, b) ||
      a.verbs.length - b.verbs.length ||
      a.dags.length - b.dags.length,
  )
}

function coversDag(dags: readonly string[], dag: string | null): boolean {
  return dags.length === 0 ? dag === null : dagMatcher(dags)(dag)
}

/** How many others have less than this one, and nothing else. A narrower one has fewer of them than a wider one. */
function widerThan(all: readonly Requestable[], one: Requestable): number {
  return all.filter((other) => isWithin(other, one) && !isWithin(one, other)).length
}

function isWithin(inner: Requestable, outer: Requestable): boolean {
  return (
    inner.verbs.every((verb) => outer.verbs.includes(verb)) &&
    inner.dags.every((dag) => outer.dags.some((glob) => globCovers(glob, dag)))
  )
}

const [minute, hour, day] = [60, 3600, 86_400]
const usualSeconds = [15 * minute, hour, 4 * hour, 8 * hour, day, 3 * day, 7 * day, 30 * day]

/** For how long one may ask, in seconds, shortest first; the longest is always among them. */
export function timesFor({ longestSeconds }: Pick<Requestable, 'longestSeconds'>): number[] {
  return [...usualSeconds.filter((seconds) => seconds < longestSeconds), longestSeconds]
}

/** An hour, or what is possible. */
export function usualTime({ longestSeconds }: Pick<Requestable, 'longestSeconds'>): number {
  return Math.min(hour, longestSeconds)
}
