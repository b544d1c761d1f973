import type { PolicyConditions } from '#shared/config/policy-conditions.ts'
import { type Circumstances, unknownCircumstances } from './ask.ts'
import { endOf } from './conditions.ts'
import type { ConfFacts } from './request.ts'
import type { Rule } from './rules.ts'
import { sampleAddresses } from './sample-addresses.ts'
import { sampleTimes } from './sample-times.ts'

export interface SampledCircumstances {
  readonly circumstances: readonly Circumstances[]
  /** What of them is not the same in all. */
  readonly varying: readonly (keyof Circumstances)[]
  /** False where there were more than are asked. */
  readonly isComplete: boolean
}

/** More than the rules for one thing have; they multiply. */
const mostCircumstances = 2048
const mostNames = 8

/**
 * Circumstances that stand for all that some rules can tell apart.
 *
 * @param now from when on, in ms since the epoch
 * @param withConf whether it carries a conf
 */
export function sampleCircumstances(
  rules: readonly Rule[],
  now: number,
  withConf: boolean,
): SampledCircumstances {
  const conditions = rules.flatMap((rule) => rule.conditions)
  const [tags, tagsComplete] = subsetsOf(rules.flatMap((rule) => rule.tags ?? []))
  const [confs, confsComplete] = confsOf(withConf ? conditions : [])
  const ends = rules.flatMap(({ until }) => (until === null ? [] : [endOf(until)]))
  const ages = conditions.flatMap(({ maxAuthenticationAgeMinutes: minutes }) =>
    minutes === null ? [] : [minutes * 60, minutes * 60 + 1],
  )
  const addresses = sampleAddresses(conditions.flatMap(({ networks }) => networks ?? []))
  const plain = unknownCircumstances(now)
  const dimensions: { readonly [K in keyof Circumstances]: readonly Circumstances[K][] } = {
    tags,
    conf: confs,
    at: sampleTimes(now, ends, conditions),
    from: addresses.length === 0 ? [plain.from] : addresses,
    authAgeSeconds: [plain.authAgeSeconds, ...new Set(ages.sort((a, b) => a - b))],
  }
  let circumstances: Circumstances[] = [plain]
  for (const [name, values] of Object.entries(dimensions)) {
    circumstances = circumstances.flatMap((given) => values.map((value) => ({ ...given, [name]: value })))
    if (circumstances.length > mostCircumstances) circumstances.length = mostCircumstances
  }
  const count = Object.values(dimensions).reduce((product, { length }) => product * length, 1)
  const names = Object.keys(dimensions) as (keyof Circumstances)[]
  return {
    circumstances,
    varying: names.filter((name) => dimensions[name].length > 1),
    isComplete: tagsComplete && confsComplete && count <= mostCircumstances,
  }
}

/** Confs with every set of the keys that conditions name, with and without another, at every limit of their size. */
function confsOf(conditions: readonly PolicyConditions[]): [ConfFacts[], boolean] {
  const confs = conditions.flatMap(({ conf }) => conf ?? [])
  const none: ConfFacts = { present: false, bytes: 0, keys: [] }
  if (confs.length === 0) return [[none], true]
  const named = confs.flatMap(({ keys, requiredKeys, forbiddenKeys }) =>
    [keys, requiredKeys, forbiddenKeys].flatMap((list) => list ?? []),
  )
  let other = 'other'
  while (named.includes(other)) other += '_'
  const [keySets, isComplete] = subsetsOf([...named, other])
  const limits = confs.flatMap(({ maxBytes }) => (maxBytes === null ? [] : [maxBytes, maxBytes + 1]))
  const sizes = limits.length === 0 ? [2] : [...new Set([0, ...limits])]
  const present = keySets.flatMap((keys) => sizes.map((bytes) => ({ present: true, bytes, keys })))
  return [[none, ...present], isComplete]
}

/** All subsets of a few names; of many, those of none, one and two, and all. */
function subsetsOf(names: readonly string[]): [string[][], boolean] {
  const all = [...new Set(names)]
  if (all.length <= mostNames) {
    const subsets = Array.from({ length: 1 << all.length }, (_, bits) =>
      all.filter((_name, i) => (bits >> i) & 1),
    )
    return [subsets, true]
  }
  const pairs = all.flatMap((a, i) => all.slice(i).map((b) => (a === b ? [a] : [a, b])))
  return [[[], ...pairs, all], false]
}
