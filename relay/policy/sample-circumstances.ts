import { type Circumstances, unknownCircumstances } from './ask.ts'
import { endOf } from './conditions.ts'
import type { Rule } from './rules.ts'
import { sampleAddresses } from './sample-addresses.ts'
import { sampleConfs, sampleTags } from './sample-names.ts'
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
  const plain = unknownCircumstances(now)
  const ends = rules.flatMap(({ until }) => (until === null ? [] : [endOf(until)]))
  const minutes = conditions.flatMap(({ maxAuthenticationAgeMinutes: most }) => most ?? [])
  const [tags, tagsComplete] = sampleTags(rules)
  const [confs, confsComplete] = sampleConfs(withConf ? conditions : [])
  const addresses = sampleAddresses(conditions.flatMap(({ networks }) => (networks ? [networks] : [])))
  const dimensions: { readonly [K in keyof Circumstances]: readonly Circumstances[K][] } = {
    tags,
    conf: confs,
    at: sampleTimes(now, ends, conditions),
    from: addresses.length === 0 ? [plain.from] : addresses,
    authAgeSeconds: [
      plain.authAgeSeconds,
      ...new Set(minutes.sort((a, b) => a - b).map((most) => most * 60)),
    ],
    acr: [plain.acr, ...new Set(conditions.flatMap(({ acr }) => acr ?? []))],
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
