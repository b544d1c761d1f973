/** What a sign-in has to be like (RFC 9470 §3). */
export interface StepUp {
  /** Authentication context classes, any of them; null for any at all. */
  readonly acr: readonly string[] | null
  /** How long ago it may be, in seconds; null for any time. */
  readonly maxAgeSeconds: number | null
}

/** One sign-in that is enough for all of them, as params of an error. Where nothing is, it is one of them. */
export function stepUpParams(all: readonly StepUp[]): { acrValues?: string; maxAge?: number } {
  const lists = all.flatMap(({ acr }) => (acr === null ? [] : [acr]))
  const [first = [], ...others] = lists
  const common = first.filter((value) => others.every((list) => list.includes(value)))
  const acr = common.length === 0 ? first : common
  const ages = all.flatMap(({ maxAgeSeconds }) => maxAgeSeconds ?? [])
  return {
    ...(acr.length === 0 ? {} : { acrValues: acr.join(' ') }),
    ...(ages.length === 0 ? {} : { maxAge: Math.min(...ages) }),
  }
}
