import type { Verb } from '#shared/airflow/operation.ts'
import { type AirflowRole, airflowRoles } from '#shared/config/policy-config.ts'
import { type Act, ask, type Circumstances, operationOf, type Who } from './ask.ts'
import { type DagScope, scopesOf } from './dag-scope.ts'
import type { Atom } from './pattern-atoms.ts'
import type { Policy } from './policy.ts'
import type { Place } from './rules.ts'
import type { AccessSample, Spot, Topic } from './sample.ts'

/** One verb that someone may do now and could not before, or the other way round. */
export interface AccessChange {
  readonly who: { readonly groups: readonly string[]; readonly kinds: readonly Who['kind'][] }
  readonly verb: Verb
  /** On which DAGs; null for what is of no DAG. */
  readonly dags: readonly DagScope[] | null
  /** To which services, for tcp.connect. */
  readonly services: readonly string[] | null
  /** Where both allow it, under different roles in Airflow: which. */
  readonly airflowRole: { readonly before: AirflowRole; readonly after: AirflowRole } | null
  /** Where it is so under some circumstances only: an example, as far as they matter. */
  readonly sometimes: Partial<Circumstances> | null
}

export interface AccessComparison {
  readonly widened: readonly AccessChange[]
  readonly narrowed: readonly AccessChange[]
  /** Where something may have been missed; whoever asks for safety's sake takes it for widened. */
  readonly incomplete: readonly string[]
}

/** Denied, or allowed: under which role in Airflow, or to connect. */
type Access = AirflowRole | 'connect' | null

/**
 * What a change of policy widens and narrows, for whom. For the grants and rules of configurations the sample makes
 * this complete, but for one thing: a higher role in Airflow that someone in several groups gets because a lower grant
 * went away is seen only where the sample has their groups together.
 *
 * What several groups have together is left out where one of them has it alone.
 */
export function compareAccess(before: Policy, after: Policy, sample: AccessSample): AccessComparison {
  const changes = sample.subjects.flatMap((subject) => {
    const { groups, dags, topics } = subject
    return mergeKinds(
      subject.kinds.flatMap((kinds) => {
        const who: Who = { kind: kinds[0], name: null, groups }
        return topics.flatMap((topic) =>
          changesOf({ before, after, who, verb: topic.verbs[0] }, topic, dags).flatMap(({ widens, change }) =>
            topic.verbs.map((verb) => ({ widens, change: { ...change, who: { groups, kinds }, verb } })),
          ),
        )
      }),
    )
  })
  return {
    widened: changes.filter(({ widens }) => widens).map(({ change }) => change),
    narrowed: changes.filter(({ widens }) => !widens).map(({ change }) => change),
    incomplete: sample.incomplete,
  }
}

interface Asking {
  readonly before: Policy
  readonly after: Policy
  readonly who: Who
  readonly verb: Verb
}

interface Effect {
  readonly widens: boolean
  readonly airflowRole: AccessChange['airflowRole']
}

interface Change {
  readonly widens: boolean
  readonly change: Omit<AccessChange, 'who' | 'verb'>
}

type Alike = Effect & Pick<AccessChange, 'sometimes'> & { readonly places: Place[] }

/** Places with the same change under the same circumstances, together. */
function changesOf(asking: Asking, { spots }: Topic, dags: readonly Atom[]): Change[] {
  const alike = new Map<string, Alike>()
  const given = new Map(spots.map((spot, i) => [spot.given, i]))
  for (const spot of spots) {
    for (const { at, sometimes, ...effect } of changesAt(asking, spot)) {
      const isNowhere = spot.place === null
      const key = JSON.stringify([isNowhere, effect, sometimes === null ? null : [given.get(spot.given), at]])
      const known = alike.get(key)
      if (known) known.places.push(spot.place)
      else alike.set(key, { ...effect, sometimes, places: [spot.place] })
    }
  }
  return [...alike.values()].map(({ widens, airflowRole, sometimes, places }) => {
    const atoms = places.filter((place) => place !== null && 'dag' in place)
    const services = places.flatMap((place) => (place !== null && 'service' in place ? place.service : []))
    const change = {
      dags: atoms.length > 0 ? scopesOf(new Set(atoms), dags) : null,
      services: services.length > 0 ? services : null,
      airflowRole,
      sometimes,
    }
    return { widens, change }
  })
}

/** Each with the circumstances in which it is so. */
function changesAt(
  asking: Asking,
  { place, given: { circumstances, varying } }: Spot,
): (Effect & Pick<AccessChange, 'sometimes'> & { readonly at: number[] })[] {
  const found = new Map<string, Effect & { readonly at: number[] }>()
  circumstances.forEach((given, i) => {
    const effect = effectOf(asking, asking.who, place, given)
    if (!effect || isOfOneGroup(asking, place, given, effect.widens)) return
    const key = JSON.stringify(effect)
    const known = found.get(key)
    if (known) known.at.push(i)
    else found.set(key, { ...effect, at: [i] })
  })
  return [...found.values()].map((change) => {
    const isAlways = change.at.length === circumstances.length
    const example = circumstances[change.at[0] as number] as Circumstances
    const members = varying.map((name) => [name, example[name]])
    return { ...change, sometimes: isAlways ? null : Object.fromEntries(members) }
  })
}

function effectOf(
  { before, after, verb }: Asking,
  who: Who,
  place: Place,
  given: Circumstances,
): Effect | null {
  const isService = place !== null && 'service' in place
  const what: Act = isService
    ? { ...place, request: null }
    : operationOf(verb, place === null ? null : place.dag)
  const access = (policy: Policy): Access => {
    const decision = ask(policy, { who, what, given })
    if (decision.effect === 'deny') return null
    return 'airflowRole' in decision && !isService ? decision.airflowRole : 'connect'
  }
  const [was, is] = [access(before), access(after)]
  if (was === is) return null
  const airflowRole =
    was === null || is === null ? null : { before: was as AirflowRole, after: is as AirflowRole }
  return { widens: rank(is) > rank(was), airflowRole }
}

function rank(access: Access): number {
  return access === null ? -1 : access === 'connect' ? 0 : airflowRoles.indexOf(access)
}

/** Whether someone of only one of the groups sees the same. */
function isOfOneGroup(asking: Asking, place: Place, given: Circumstances, widens: boolean): boolean {
  const { groups } = asking.who
  return (
    groups.length > 1 &&
    groups.some(
      (group) => effectOf(asking, { ...asking.who, groups: [group] }, place, given)?.widens === widens,
    )
  )
}

function mergeKinds(
  changes: readonly { readonly widens: boolean; readonly change: AccessChange }[],
): { readonly widens: boolean; readonly change: AccessChange }[] {
  const merged = new Map<string, { widens: boolean; change: AccessChange }>()
  for (const { widens, change } of changes) {
    const key = JSON.stringify([widens, { ...change, who: null }])
    const kinds = merged.get(key)?.change.who.kinds ?? []
    const who = { ...change.who, kinds: [...kinds, ...change.who.kinds] }
    merged.set(key, { widens, change: { ...change, who } })
  }
  return [...merged.values()]
}
