import { makesRuns } from '#shared/airflow/body/analyse.ts'
import { catalogue } from '#shared/airflow/catalogue.ts'
import type { Verb } from '#shared/airflow/operation.ts'
import { ofDags } from '#shared/airflow/resolve.ts'
import { leastRoleOfVerb } from '#shared/airflow/roles.ts'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import type { Who } from './ask.ts'
import { allAtOnce } from './dag-scope.ts'
import { type Atom, atomsOf } from './pattern-atoms.ts'
import { type Place, type Rule, rulesFor, rulesOf } from './rules.ts'
import { type SampledCircumstances, sampleCircumstances } from './sample-circumstances.ts'
import { actionGroupsOf, policyVerbs } from './schema.ts'

/** What is asked of two policies, to know how they differ. */
export interface AccessSample {
  readonly subjects: readonly Subject[]
  /** Whose access is not asked for to the last combination; what is compared for them may miss some. */
  readonly incomplete: readonly string[]
}

/** Someone, and what the rules for their groups do not say the same about. Each stands for others of its kind. */
interface Subject {
  readonly groups: readonly string[]
  readonly kinds: readonly (readonly [Who['kind'], ...Who['kind'][]])[]
  readonly topics: readonly Topic[]
  /** DAGs that the rules tell apart, and all of them at once. */
  readonly dags: readonly Atom[]
}

/** Verbs that the rules do not tell apart, with where they are not ruled as before. */
export interface Topic {
  readonly verbs: readonly [Verb, ...Verb[]]
  readonly spots: readonly Spot[]
}

export interface Spot {
  readonly place: Place
  /** Everything that the rules that have a say there can tell apart. */
  readonly given: SampledCircumstances
}

/**
 * Everyone whom a change between two policies can concern: someone of no group, each group alone, and the sets of
 * groups that occur together. Policies of Cedar files are not looked into.
 *
 * @param together sets of groups that people have, such as an audit log names
 * @param now from when on they are compared, in ms since the epoch
 */
export function sampleOf(
  before: PolicyConfig,
  after: PolicyConfig,
  together: readonly (readonly string[])[] = [],
  now: number = Date.now(),
): AccessSample {
  const [old, next] = [rulesOf(before), rulesOf(after)]
  const incomplete: string[] = []
  const subjects = groupSets([...old, ...next], together).flatMap((groups): Subject[] => {
    const [was, is] = [rulesFor(old, groups), rulesFor(next, groups)]
    const all = [...was, ...is]
    const { atoms, isComplete } = atomsOf(all.flatMap((rule) => rule.dags))
    const dags = [...atoms, allAtOnce(atoms)]
    const services = [...new Set(all.flatMap((rule) => rule.services))].sort().map((service) => ({ service }))
    const givenFor = memoized((rules: readonly Rule[], withConf: boolean) =>
      sampleCircumstances(rules, now, withConf),
    )
    const topics = verbsAlike(all).flatMap((verbs): Topic[] => {
      const [verb] = verbs
      const ofVerb = (rules: readonly Rule[]) => rules.filter((rule) => rule.verbs.has(verb))
      const [wasOfVerb, isOfVerb] = [ofVerb(was), ofVerb(is)]
      const places: readonly Place[] = verb === 'tcp.connect' ? services : isOnDags(verb) ? dags : [null]
      const spots = places.flatMap((place): Spot[] => {
        const there = (rules: readonly Rule[]) => rules.filter((rule) => rule.concerns(place, verb))
        const [wasThere, isThere] = [there(wasOfVerb), there(isOfVerb)]
        if (sayTheSame(wasThere, isThere)) return []
        return [{ place, given: givenFor([...wasThere, ...isThere], withConf.has(verb)) }]
      })
      return spots.length === 0 ? [] : [{ verbs, spots }]
    })
    if (topics.length === 0) return []
    const isSampled = topics.every(({ spots }) => spots.every(({ given }) => given.isComplete))
    if (!isComplete || !isSampled) incomplete.push(groups.join(' + ') || 'anyone')
    return [{ groups, kinds: kindsAlike(all), topics, dags }]
  })
  return { subjects, incomplete }
}

function sayTheSame(some: readonly Rule[], others: readonly Rule[]): boolean {
  const said = (rules: readonly Rule[]) => JSON.stringify([...new Set(rules.map(({ says }) => says))].sort())
  return said(some) === said(others)
}

function memoized(
  sample: (rules: readonly Rule[], withConf: boolean) => SampledCircumstances,
): (rules: readonly Rule[], withConf: boolean) => SampledCircumstances {
  const known = new Map<string, SampledCircumstances>()
  return (rules, hasConf) => {
    const key = JSON.stringify([hasConf, [...new Set(rules.map(({ says }) => says))].sort()])
    const sampled = known.get(key) ?? sample(rules, hasConf)
    known.set(key, sampled)
    return sampled
  }
}

function groupSets(rules: readonly Rule[], together: readonly (readonly string[])[]): string[][] {
  const named = new Set(rules.flatMap(({ group }) => group ?? []))
  const known = together.map((groups) => [...new Set(groups.filter((group) => named.has(group)))].sort())
  const sets = [[], ...[...named].map((group) => [group]), ...known]
  return [...new Map(sets.map((groups) => [JSON.stringify(groups), groups])).values()]
}

function kindsAlike(rules: readonly Rule[]): Subject['kinds'] {
  const asksKind = rules.some(({ conditions }) => conditions.some(({ who }) => who !== null))
  return asksKind ? [['person'], ['machine'], ['agent']] : [['person', 'machine'], ['agent']]
}

function verbsAlike(rules: readonly Rule[]): Topic['verbs'][] {
  const alike = new Map<string, Topic['verbs']>()
  for (const verb of policyVerbs) {
    // Grants on http services are compared as they stand.
    if (verb.startsWith('http.')) continue
    const isIn = rules.map(({ verbs }) => (verbs.has(verb) ? 1 : 0)).join('')
    const [, ...more] = actionGroupsOf(verb)
    const key = [isIn, ...more, leastRoleOfVerb.get(verb), isOnDags(verb), withConf.has(verb)].join()
    const known = alike.get(key)
    alike.set(key, known ? [...known, verb] : [verb])
  }
  return [...alike.values()]
}

const onDags: ReadonlySet<Verb> = new Set(
  catalogue.flatMap(({ verb, path }) =>
    verb !== null && (path.includes('{dag_id}') || ofDags.has(verb.split('.', 1)[0] as string)) ? [verb] : [],
  ),
)
const withConf: ReadonlySet<Verb | null> = new Set(
  catalogue.filter(({ body }) => makesRuns(body)).map(({ verb }) => verb),
)

/** Whether a verb is done to one DAG; the others are done to what is of no DAG. */
export function isOnDags(verb: Verb): boolean {
  return onDags.has(verb)
}
