/**
 * Which DAG ids a list of a policy's patterns covers: `*` stands for any characters, everything else for itself.
 * What belongs to no DAG (null: a variable, a list of all DAGs) takes the pattern `*`.
 */
export function dagMatcher(globs: readonly string[]): (dag: string | null) => boolean {
  if (globs.includes('*')) return () => true
  const split = globs.map((glob) => glob.split('*'))
  return (dag) => dag !== null && split.some((pieces) => matches(pieces, dag))
}

/** Whether a DAG id matches a pattern of the configuration. */
export function matchesGlob(glob: string, dag: string): boolean {
  return matches(glob.split('*'), dag)
}

/** Each piece is taken where it comes first: a regular expression would try every way. */
function matches(pieces: readonly string[], dag: string): boolean {
  const [start, end] = [pieces[0] as string, pieces.at(-1) as string]
  if (pieces.length === 1) return dag === start
  if (!dag.startsWith(start)) return false
  let at = start.length
  for (let i = 1; i < pieces.length - 1; i += 1) {
    const found = dag.indexOf(pieces[i] as string, at)
    if (found < 0) return false
    at = found + (pieces[i] as string).length
  }
  return dag.length - end.length >= at && dag.endsWith(end)
}

/** Whether every DAG id that matches `inner` matches `outer` too. */
export function globCovers(outer: string, inner: string): boolean {
  // A star of `inner` is matched by a star alone, which then takes whatever it stands for.
  return matchesGlob(outer, inner)
}

/** Whether some DAG id matches both. */
export function globsMeet(a: string, b: string): boolean {
  const known = new Map<number, boolean>()
  const meet = (i: number, j: number): boolean => {
    const key = i * (b.length + 1) + j
    const found = known.get(key) ?? step(i, j)
    known.set(key, found)
    return found
  }
  const step = (i: number, j: number): boolean => {
    if (a[i] === '*') return meet(i + 1, j) || (j < b.length && meet(i, j + 1))
    if (b[j] === '*') return meet(i, j + 1) || (i < a.length && meet(i + 1, j))
    if (i === a.length || j === b.length) return i === a.length && j === b.length
    return a[i] === b[j] && meet(i + 1, j + 1)
  }
  return meet(0, 0)
}
