import type { Verb } from '#shared/airflow/operation.ts'
import { type AirflowRole, airflowRoles } from '#shared/config/policy-config.ts'
import { type Act, ask, type Circumstances, operationOf, type Who } from './ask.ts'
import { allAtOnce, type DagScope, scopesOf } from './dag-scope.ts'
import type { Atom } from './pattern-atoms.ts'
import type { Policy } from './policy.ts'
import { type AccessSample, type AlikeVerbs, isOnDags, type Subject } from './sample.ts'

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

/** A DAG or all of them, a service, or what is neither. */
type Place = Atom | { readonly service: string } | null

/**
 * What a change of policy widens and narrows, for whom. For the grants and rules of configurations the sample makes
 * this complete, but for one thing: a higher role in Airflow that someone in several groups gets because a lower grant
 * went away is seen only where the sample has their groups together.
 *
 * What several groups have together is left out where one of them has it alone.
 */
export function compareAccess(before: Policy, after: Policy, sample: AccessSample): AccessComparison {
  const changes = sample.subjects.flatMap((subject) => {
    const { groups } = subject
    return mergeKinds(
      subject.kinds.flatMap((kinds) =>
        subject.verbs.flatMap((alike) =>
          changesOf({ before, after, subject, alike, kind: kinds[0] }).flatMap(({ widens, change }) =>
            alike.verbs.map((verb) => ({ widens, change: { ...change, who: { groups, kinds }, verb } })),
          ),
        ),
      ),
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
  readonly subject: Subject
  readonly kind: Who['kind']
  readonly alike: AlikeVerbs
}

interface Change {
  readonly widens: boolean
  readonly change: Omit<AccessChange, 'who' | 'verb'>
}

interface Alike {
  readonly widens: boolean
  readonly airflowRole: AccessChange['airflowRole']
  readonly sometimes: AccessChange['sometimes']
  readonly places: Place[]
}

/** Places with the same change under the same circumstances, together. */
function changesOf(asking: Asking): Change[] {
  const { subject } = asking
  const [verb] = asking.alike.verbs
  const alike = new Map<string, Alike>()
  for (const place of placesOf(subject, verb)) {
    for (const { key, ...found } of changesAt(asking, place)) {
      const known = alike.get(key)
      if (known) known.places.push(place)
      else alike.set(key, { ...found, places: [place] })
    }
  }
  return [...alike.values()].map(({ widens, airflowRole, sometimes, places }) => {
    const atoms = places.filter((place) => place !== null && 'dag' in place)
    const services = places.flatMap((place) => (place !== null && 'service' in place ? place.service : []))
    const dags = isOnDags(verb) ? scopesOf(new Set(atoms), placesOf(subject, verb) as Atom[]) : null
    return {
      widens,
      change: { dags, services: services.length > 0 ? services : null, airflowRole, sometimes },
    }
  })
}

const places = new WeakMap<Subject, readonly Atom[]>()

function placesOf(subject: Subject, verb: Verb): readonly Place[] {
  if (verb === 'tcp.connect') return subject.services.map((service) => ({ service }))
  if (!isOnDags(verb)) return [null]
  const known = places.get(subject) ?? [...subject.atoms, allAtOnce(subject.atoms)]
  places.set(subject, known)
  return known
}

function* changesAt(asking: Asking, place: Place): Generator<Omit<Alike, 'places'> & { key: string }> {
  const { subject, kind, alike } = asking
  const { varying } = subject.given
  const mattering = varying.filter((name) => matters(name, alike))
  const circumstances = distinct(subject.given.circumstances, varying, mattering)
  const found = new Map<string, { widens: boolean; airflowRole: AccessChange['airflowRole']; at: number[] }>()
  circumstances.forEach((given, i) => {
    const who = { kind, name: null, groups: subject.groups }
    const change = changeFor(asking, who, place, given)
    if (!change || isOfOneGroup(asking, who, place, given, change.widens)) return
    const key = JSON.stringify(change)
    const known = found.get(key)
    if (known) known.at.push(i)
    else found.set(key, { ...change, at: [i] })
  })
  for (const { widens, airflowRole, at } of found.values()) {
    const [first = 0] = at
    const isAlways = at.length === circumstances.length
    const sometimes = isAlways ? null : only(circumstances[first] as Circumstances, mattering)
    yield { widens, airflowRole, sometimes, key: JSON.stringify([widens, airflowRole, isAlways ? null : at]) }
  }
}

function matters(name: keyof Circumstances, { verbs: [verb], uses }: AlikeVerbs): boolean {
  const used: Readonly<Record<keyof Circumstances, boolean>> = {
    tags: uses.tags && isOnDags(verb),
    conf: uses.conf,
    at: uses.time || uses.zones.length > 0 || uses.boundaries.length > 0,
    from: uses.sourceIp,
    authAgeSeconds: uses.authAge,
  }
  return used[name]
}

/** Those that differ in what matters. */
function distinct(
  all: readonly Circumstances[],
  varying: readonly (keyof Circumstances)[],
  mattering: readonly (keyof Circumstances)[],
): readonly Circumstances[] {
  if (mattering.length === varying.length) return all
  return [...new Map(all.map((given) => [JSON.stringify(only(given, mattering)), given])).values()]
}

function only(given: Circumstances, names: readonly (keyof Circumstances)[]): Partial<Circumstances> {
  return Object.fromEntries(names.map((name) => [name, given[name]]))
}

function changeFor(
  {
    before,
    after,
    alike: {
      verbs: [verb],
    },
  }: Asking,
  who: Who,
  place: Place,
  given: Circumstances,
): (Omit<Change, 'change'> & Pick<AccessChange, 'airflowRole'>) | null {
  const what: Act =
    place !== null && 'service' in place ? place : operationOf(verb, place === null ? null : place.dag)
  const access = (policy: Policy): Access => {
    const decision = ask(policy, { who, what, given })
    if (decision.effect === 'deny') return null
    return 'airflowRole' in decision ? decision.airflowRole : 'connect'
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
function isOfOneGroup(
  asking: Asking,
  who: Who,
  place: Place,
  given: Circumstances,
  widens: boolean,
): boolean {
  return (
    who.groups.length > 1 &&
    who.groups.some(
      (group) => changeFor(asking, { ...who, groups: [group] }, place, given)?.widens === widens,
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
