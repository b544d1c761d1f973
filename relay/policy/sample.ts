import { makesRuns } from '#shared/airflow/body/analyse.ts'
import { catalogue } from '#shared/airflow/catalogue.ts'
import type { Verb } from '#shared/airflow/operation.ts'
import { ofDags } from '#shared/airflow/resolve.ts'
import { leastRoleOfVerb } from '#shared/airflow/roles.ts'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import type { Who } from './ask.ts'
import { type Concerning, concerning, conditionsIn, saysTheSame } from './concerning.ts'
import { policiesOf } from './grants.ts'
import { type Atom, atomsOf } from './pattern-atoms.ts'
import { type SampledCircumstances, sampleCircumstances } from './sample-circumstances.ts'
import { actionGroupsOf, policyVerbs } from './schema.ts'
import { type Uses, unionOf } from './uses.ts'

/** What is asked of two policies, to know how they differ. */
export interface AccessSample {
  readonly subjects: readonly Subject[]
  /** Whose access is not asked for to the last combination; what is compared for them may miss some. */
  readonly incomplete: readonly string[]
}

/** Someone, with all that the grants and rules for their groups can tell apart. Each stands for others of its kind. */
export interface Subject {
  readonly groups: readonly string[]
  readonly kinds: readonly (readonly [Who['kind'], ...Who['kind'][]])[]
  readonly verbs: readonly AlikeVerbs[]
  readonly atoms: readonly Atom[]
  readonly services: readonly string[]
  readonly given: SampledCircumstances
}

/** Verbs that no grant or rule for someone tells apart. */
export interface AlikeVerbs {
  readonly verbs: readonly [Verb, ...Verb[]]
  /** What a decision about them depends on. */
  readonly uses: Uses
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
  const incomplete: string[] = []
  const subjects = groupSets(before, after, together)
    .filter((groups) => !saysTheSame(before, after, groups))
    .map((groups): Subject => {
      const [old, next] = [concerning(before, groups), concerning(after, groups)]
      const all: Concerning = {
        grants: [...old.grants, ...next.grants],
        connect: [...old.connect, ...next.connect],
        forbid: [...old.forbid, ...next.forbid],
      }
      const { atoms, isComplete } = atomsOf([...all.grants, ...all.forbid].flatMap(({ dags }) => dags))
      const given = sampleCircumstances(all, now)
      if (!isComplete || !given.isComplete) incomplete.push(groups.join(' + ') || 'anyone')
      const asksKind = conditionsIn(all).some(({ who }) => who !== null)
      return {
        groups,
        kinds: asksKind ? [['person'], ['machine'], ['agent']] : [['person', 'machine'], ['agent']],
        verbs: verbsAlike([before, after], groups),
        atoms,
        services: [...new Set(all.connect.flatMap(({ services }) => services))].sort(),
        given,
      }
    })
  return { subjects, incomplete }
}

function groupSets(
  before: PolicyConfig,
  after: PolicyConfig,
  together: readonly (readonly string[])[],
): string[][] {
  const rules = [before, after].flatMap(({ grants, connect, forbid }) => [...grants, ...connect, ...forbid])
  const named = new Set(rules.flatMap(({ group }) => group ?? []))
  const known = together.map((groups) => [...new Set(groups.filter((group) => named.has(group)))].sort())
  const sets = [[], ...[...named].map((group) => [group]), ...known]
  return [...new Map(sets.map((groups) => [JSON.stringify(groups), groups])).values()]
}

function verbsAlike(configs: readonly PolicyConfig[], groups: readonly string[]): AlikeVerbs[] {
  const policies = configs.flatMap(policiesOf).filter(({ group }) => group === null || groups.includes(group))
  const alike = new Map<string, AlikeVerbs>()
  for (const verb of policyVerbs) {
    // Grants on http services are compared as they stand.
    if (verb.startsWith('http.')) continue
    const isIn = policies.map(({ verbs }) => (verbs.has(verb) ? 1 : 0)).join('')
    const [, ...more] = actionGroupsOf(verb)
    const key = [isIn, ...more, leastRoleOfVerb.get(verb), isOnDags(verb), withConf.has(verb)].join()
    const known = alike.get(key)
    const uses =
      known?.uses ?? unionOf(policies.filter(({ verbs }) => verbs.has(verb)).map((one) => one.uses))
    alike.set(key, { verbs: known ? [...known.verbs, verb] : [verb], uses })
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
