import type { Verb } from '#shared/airflow/operation.ts'
import { type AirflowRole, airflowRoles } from '#shared/config/policy-config.ts'
import { ask, operationOf, unknownCircumstances, type Who } from './ask.ts'
import { allAtOnce, type DagScope, scopesOf } from './dag-scope.ts'
import type { Atom } from './pattern-atoms.ts'
import type { Policy } from './policy.ts'
import { type AccessSample, isOnDags, type Subject } from './sample.ts'

/** One verb that someone may do now and could not before, or the other way round. */
export interface AccessChange {
  readonly who: { readonly groups: readonly string[]; readonly kinds: readonly Who['kind'][] }
  readonly verb: Verb
  /** On which DAGs; null for verbs that are done to none. */
  readonly dags: readonly DagScope[] | null
  /** To which services, for tcp.connect. */
  readonly services: readonly string[] | null
  /** Where both allow it, under different roles in Airflow: which. */
  readonly airflowRole: { readonly before: AirflowRole; readonly after: AirflowRole } | null
}

export interface AccessComparison {
  readonly widened: readonly AccessChange[]
  readonly narrowed: readonly AccessChange[]
  /** For whom something may have been missed; whoever asks for safety's sake takes it for widened. */
  readonly incomplete: readonly string[]
}

/** Denied, or allowed under this role in Airflow. */
type Access = AirflowRole | null

interface Cell {
  readonly verb: Verb
  /** Null for what is of no DAG. */
  readonly atom: Atom | null
  readonly before: Access
  readonly after: Access
}

/**
 * What a change of policy widens and narrows, for whom. For grants the sample makes this complete, but for one thing:
 * a higher role in Airflow that someone in several groups gets because a lower grant went away is seen only where the
 * sample has their groups together.
 *
 * What several groups have together is left out where one of them has it alone.
 */
export function compareAccess(before: Policy, after: Policy, sample: AccessSample): AccessComparison {
  const changes = sample.subjects.flatMap((subject) => {
    const places = [...subject.atoms, allAtOnce(subject.atoms)]
    return mergeKinds(
      subject.kinds.flatMap((kind) => {
        const who = { kind, name: null, groups: subject.groups }
        const cells = sample.verbs
          .flatMap((verb) => (isOnDags(verb) ? places : [null]).map((atom) => ({ verb, atom })))
          .map((cell) => ({ ...cell, ...accessOf(before, after, who, cell) }))
          .filter((cell) => cell.before !== cell.after && !isOfOneGroup(before, after, who, cell))
        return changesOf(subject, kind, cells, places)
      }),
    )
  })
  return {
    widened: changes.filter(({ widens }) => widens).map(({ change }) => change),
    narrowed: changes.filter(({ widens }) => !widens).map(({ change }) => change),
    incomplete: sample.incomplete,
  }
}

function accessOf(
  before: Policy,
  after: Policy,
  who: Who,
  { verb, atom }: Pick<Cell, 'verb' | 'atom'>,
): Pick<Cell, 'before' | 'after'> {
  const what = operationOf(verb, atom === null ? null : atom.dag)
  const given = unknownCircumstances(new Date())
  const access = (policy: Policy): Access => {
    const decision = ask(policy, { who, what, given })
    return decision.effect === 'allow' ? decision.airflowRole : null
  }
  return { before: access(before), after: access(after) }
}

/** Whether someone of only one of the groups sees the same. */
function isOfOneGroup(before: Policy, after: Policy, who: Who, cell: Cell): boolean {
  return (
    who.groups.length > 1 &&
    who.groups.some((group) => {
      const alone = { ...cell, ...accessOf(before, after, { ...who, groups: [group] }, cell) }
      return alone.before !== alone.after && widens(alone) === widens(cell)
    })
  )
}

interface Change {
  readonly widens: boolean
  readonly change: AccessChange
}

function changesOf(
  { groups }: Subject,
  kind: Who['kind'],
  cells: readonly Cell[],
  places: readonly Atom[],
): Change[] {
  const alike = new Map<string, [Cell, ...Cell[]]>()
  for (const cell of cells) {
    const key = JSON.stringify([cell.verb, widens(cell), roleChange(cell)])
    const known = alike.get(key)
    if (known) known.push(cell)
    else alike.set(key, [cell])
  }
  return [...alike.values()].map((same) => {
    const atoms = same.flatMap(({ atom }) => (atom === null ? [] : [atom]))
    return {
      widens: widens(same[0]),
      change: {
        who: { groups, kinds: [kind] },
        verb: same[0].verb,
        dags: atoms.length === 0 ? null : scopesOf(new Set(atoms), places),
        services: null,
        airflowRole: roleChange(same[0]),
      },
    }
  })
}

function mergeKinds(changes: readonly Change[]): Change[] {
  const merged = new Map<string, Change>()
  for (const { widens, change } of changes) {
    const key = JSON.stringify([widens, { ...change, who: null }])
    const kinds = merged.get(key)?.change.who.kinds ?? []
    const who = { ...change.who, kinds: [...kinds, ...change.who.kinds] }
    merged.set(key, { widens, change: { ...change, who } })
  }
  return [...merged.values()]
}

function widens({ before, after }: Cell): boolean {
  return rank(after) > rank(before)
}

function roleChange({ before, after }: Cell): AccessChange['airflowRole'] {
  return before === null || after === null ? null : { before, after }
}

function rank(access: Access): number {
  return access === null ? -1 : airflowRoles.indexOf(access)
}
