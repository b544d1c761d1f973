/** The first of those for which the same holds. */
export function distinctBy<T>(values: readonly T[], holds: (value: T) => readonly boolean[]): T[] {
  const first = new Map<string, T>()
  for (const value of values) {
    const key = holds(value).map(Number).join('')
    if (!first.has(key)) first.set(key, value)
  }
  return [...first.values()]
}
