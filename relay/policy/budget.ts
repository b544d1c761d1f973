/** As long as the client takes a text. */
const maxTextChars = 1024
/** What is told in one answer may have together, as JSON; about a quarter of what the client takes. */
const budgetChars = 262_144

/** Takes what there is room for, and counts the rest. */
export function budget() {
  let left = budgetChars
  const take = <T extends object>(one: T): readonly T[] => {
    left -= JSON.stringify(one).length
    if (left >= 0) return [one]
    take.omitted += 1
    return []
  }
  take.omitted = 0
  /** The first ones of many, as they are told. */
  take.first = <From, T extends object>(limit: number, all: readonly From[], told: (one: From) => T): T[] => {
    take.omitted += Math.max(0, all.length - limit)
    return all.slice(0, limit).flatMap((one) => take(told(one)))
  }
  return take
}

export function clipped(text: string): string {
  return text.length <= maxTextChars ? text : `${text.slice(0, maxTextChars - 1)}…`
}
