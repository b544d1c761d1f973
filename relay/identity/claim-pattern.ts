/**
 * Whether a claim is as a rule wants it: character for character, but that `*` at the end stands for anything, and
 * elsewhere for anything but `/` and `:`. So a part of a name cannot grow over its neighbours: `repo:acme/*:ref:x` is
 * about repositories, whatever someone calls a branch.
 *
 * Every piece between two `*` is looked for once, from left to right: of several places the first leaves most to the
 * pieces after it.
 */
export function matchesClaim(pattern: string, value: string): boolean {
  const pieces = pattern.split('*')
  const first = pieces[0] as string
  if (pieces.length === 1) return value === pattern
  if (!value.startsWith(first)) return false
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = value.indexOf(piece, at)
    if (found === -1 || !isOneName(value, at, found)) return false
    at = found + piece.length
  }
  const last = pieces.at(-1) as string
  if (last === '') return true
  const end = value.length - last.length
  return end >= at && value.endsWith(last) && isOneName(value, at, end)
}

/** What stands before the first `*`; all of it where there is none. */
export function literalStart(pattern: string): string {
  return pattern.split('*', 1)[0] as string
}

function isOneName(value: string, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (value[at] === '/' || value[at] === ':') return false
  return true
}
