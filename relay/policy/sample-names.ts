import type { PolicyConditions } from '#shared/config/policy-conditions.ts'
import { distinctBy } from './distinct.ts'
import type { ConfFacts } from './request.ts'
import type { Rule } from './rules.ts'

const mostNames = 10

/** Sets of tags that stand for all that the rules tell apart, and whether there are all of them. */
export function sampleTags(rules: readonly Rule[]): [string[][], boolean] {
  const asked = rules.flatMap(({ tags }) => (tags ? [tags] : []))
  const [sets, isComplete] = subsetsOf(asked.flat())
  return [distinctBy(sets, (set) => asked.map((tags) => tags.some((tag) => set.includes(tag)))), isComplete]
}

/** Confs that stand for all that the conditions tell apart, and whether there are all of them. */
export function sampleConfs(conditions: readonly PolicyConditions[]): [ConfFacts[], boolean] {
  const asked = conditions.flatMap(({ conf }) => conf ?? [])
  const none: ConfFacts = { present: false, bytes: 0, keys: [] }
  if (asked.length === 0) return [[none], true]
  const named = asked.flatMap(({ keys, requiredKeys, forbiddenKeys }) =>
    [keys, requiredKeys, forbiddenKeys].flatMap((list) => list ?? []),
  )
  let other = 'other'
  while (named.includes(other)) other += '_'
  const [keySets, isComplete] = subsetsOf([...named, other])
  const sizes = new Set([
    2,
    ...asked.flatMap(({ maxBytes }) => (maxBytes === null ? [] : [maxBytes, maxBytes + 1])),
  ])
  const present = keySets.flatMap((keys) => [...sizes].map((bytes) => ({ present: true, bytes, keys })))
  const confs = distinctBy([none, ...present], (conf) => [
    conf.present,
    ...asked.flatMap(({ maxBytes, keys, requiredKeys, forbiddenKeys }) => [
      maxBytes === null || conf.bytes <= maxBytes,
      keys === null || conf.keys.every((key) => keys.includes(key)),
      requiredKeys === null || requiredKeys.every((key) => conf.keys.includes(key)),
      forbiddenKeys === null || !forbiddenKeys.some((key) => conf.keys.includes(key)),
    ]),
  ])
  return [confs, isComplete]
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
