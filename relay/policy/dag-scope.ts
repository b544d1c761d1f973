import type { Atom } from './pattern-atoms.ts'

/** Some of the DAGs, said with the patterns of a policy. */
export interface DagScope {
  /** A pattern, or a DAG id that stands for those under no pattern; `~` for all DAGs at once. */
  readonly dags: string
  readonly except: readonly string[]
}

/** Requests for all DAGs at once take a grant on `*`. */
export function allAtOnce(atoms: readonly Atom[]): Atom {
  const under = atoms.some((atom) => atom.under.has('*')) ? ['*'] : []
  return { dag: '~', under: new Set(under) }
}

/** @param some of `all`, which have something in common, in as few words as there are */
export function scopesOf(some: ReadonlySet<Atom>, all: readonly Atom[]): DagScope[] {
  const [first] = some
  if (some.size === 1 && first?.dag === '~') return [{ dags: '~', except: [] }]
  const patterns = [...new Set(all.flatMap(({ under }) => [...under]))]
  const isUnder = (pattern: string) => (atom: Atom) => atom.under.has(pattern)
  const said = new Map<string, { scope: DagScope; covers: readonly Atom[] }>()
  for (const pattern of patterns) {
    const inside = all.filter(isUnder(pattern))
    const covers = inside.filter((atom) => some.has(atom))
    const except = without(new Set(inside.filter((atom) => !some.has(atom))), covers, patterns)
    if (covers.length > 0 && except) said.set(pattern, { scope: { dags: pattern, except }, covers })
  }
  const scopes: DagScope[] = []
  const left = new Set(some)
  const gain = ({ covers }: { covers: readonly Atom[] }) => covers.filter((atom) => left.has(atom)).length
  while (left.size > 0) {
    const [best] = [...said.values()].sort(
      (a, b) => gain(b) - gain(a) || a.scope.except.length - b.scope.except.length,
    )
    if (!best || gain(best) === 0) break
    scopes.push(best.scope)
    for (const atom of best.covers) left.delete(atom)
  }
  return [...scopes, ...[...left].map(({ dag }) => ({ dags: dag, except: [] }))]
}

/** The patterns that take out `out` and nothing of `kept`; null where none do. */
function without(
  out: ReadonlySet<Atom>,
  kept: readonly Atom[],
  patterns: readonly string[],
): string[] | null {
  const left = new Set(out)
  const except: string[] = []
  const fitting = patterns
    .filter((pattern) => !kept.some((atom) => atom.under.has(pattern)))
    .map((pattern) => ({ pattern, takes: [...out].filter((atom) => atom.under.has(pattern)) }))
    .sort((a, b) => b.takes.length - a.takes.length)
  for (const { pattern, takes } of fitting) {
    if (!takes.some((atom) => left.has(atom))) continue
    except.push(pattern)
    for (const atom of takes) left.delete(atom)
  }
  return left.size === 0 ? except : null
}
