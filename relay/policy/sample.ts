import { catalogue } from '#shared/airflow/catalogue.ts'
import type { Verb } from '#shared/airflow/operation.ts'
import { ofDags } from '#shared/airflow/resolve.ts'
import { allVerbs } from '#shared/airflow/roles.ts'
import type { PolicyConfig } from '#shared/config/policy-config.ts'
import type { Who } from './ask.ts'
import { type Atom, atomsOf } from './pattern-atoms.ts'

/** What is asked of two policies, to know how they differ. */
export interface AccessSample {
  readonly subjects: readonly Subject[]
  readonly verbs: readonly Verb[]
  /** Groups for which not every overlap of their patterns is asked; what is compared for them may miss some. */
  readonly incomplete: readonly string[]
}

/** Someone, with DAGs that stand for all that the grants of their groups can tell apart. */
export interface Subject {
  readonly groups: readonly string[]
  readonly kinds: readonly Who['kind'][]
  readonly atoms: readonly Atom[]
}

export const allKinds = ['person', 'machine', 'agent'] as const

/**
 * Everyone whom a grant of either policy can concern: someone of no group, each group alone, and the sets of groups
 * that occur together.
 *
 * @param together sets of groups that people have, such as an audit log names
 */
export function sampleOf(
  before: PolicyConfig,
  after: PolicyConfig,
  together: readonly (readonly string[])[] = [],
): AccessSample {
  const grants = [...before.grants, ...after.grants]
  const named = new Set(grants.map(({ group }) => group))
  const sets = new Map([[], ...[...named].map((group) => [group])].map((groups) => [keyOf(groups), groups]))
  for (const groups of together) {
    const known = [...new Set(groups.filter((group) => named.has(group)))].sort()
    sets.set(keyOf(known), known)
  }
  const incomplete: string[] = []
  const subjects = [...sets.values()].map((groups) => {
    const patterns = grants.filter(({ group }) => groups.includes(group)).flatMap(({ dags }) => dags)
    const { atoms, isComplete } = atomsOf(patterns)
    if (!isComplete) incomplete.push(groups.join(' + '))
    return { groups, kinds: allKinds, atoms }
  })
  return { subjects, verbs: allVerbs, incomplete }
}

const onDags: ReadonlySet<Verb> = new Set(
  catalogue.flatMap(({ verb, path }) =>
    verb !== null && (path.includes('{dag_id}') || ofDags.has(verb.split('.', 1)[0] as string)) ? [verb] : [],
  ),
)

/** Whether a verb is done to one DAG; the others are done to what is of no DAG. */
export function isOnDags(verb: Verb): boolean {
  return onDags.has(verb)
}

function keyOf(groups: readonly string[]): string {
  return JSON.stringify(groups)
}
