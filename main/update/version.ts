/**
 * Whether `version` comes after `than`. Feeds have releases alone, `x.y.z`: anything else comes after nothing, so that it is
 * never installed.
 */
export function isNewer(version: string, than: string): boolean {
  const [a, b] = [numbersOf(version), numbersOf(than)]
  if (a === null || b === null) return false
  const at = a.findIndex((number, i) => number !== b[i])
  return at >= 0 && (a[at] as number) > (b[at] as number)
}

function numbersOf(version: string): readonly number[] | null {
  const [, ...parts] = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})$/.exec(version) ?? []
  return parts.length === 3 ? parts.map(Number) : null
}
