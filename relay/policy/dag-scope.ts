import type { Atom } from './pattern-atoms.ts'

/** Some of the DAGs, said with the patterns of a policy. */
export interface DagScope {
  /** A pattern, or several of which all match; `~` for all DAGs at once. */
  readonly dags: readonly [string, ...string[]]
  /** Patterns, or `~`, that are not meant. */
  readonly except: readonly string[]
}

interface Saying {
  readonly scope: DagScope
  readonly covers: readonly Atom[]
}

/** Requests for all DAGs at once take a grant on `*`. */
export function allAtOnce(atoms: readonly Atom[]): Atom {
  const under = atoms.some((atom) => atom.under.has('*')) ? ['*'] : []
  return { dag: '~', under: new Set(under) }
}

/** @param some of `all`, which have something in common, in as few words as there are */
export function scopesOf(some: ReadonlySet<Atom>, all: readonly Atom[]): DagScope[] {
  const patterns = [...new Set(all.flatMap(({ under }) => [...under]))]
  const say = (dags: DagScope['dags']): Saying | null => {
    const inside = all.filter((atom) => dags.every(isIn(atom)))
    const except = exceptions(inside, some, [...patterns, '~'])
    const covers = inside.filter((atom) => some.has(atom) && !except?.some(isIn(atom)))
    return except && covers.length > 0 ? { scope: { dags, except }, covers } : null
  }
  const sayings = [...patterns, '~'].flatMap((pattern) => say([pattern]) ?? [])
  const scopes: DagScope[] = []
  const left = new Set(some)
  const gain = ({ covers }: Saying) => covers.filter((atom) => left.has(atom)).length
  const take = ({ scope, covers }: Saying) => {
    scopes.push(scope)
    for (const atom of covers) left.delete(atom)
  }
  while (left.size > 0) {
    const [best] = sayings.sort((a, b) => gain(b) - gain(a) || words(a) - words(b))
    if (!best || gain(best) === 0) break
    take(best)
  }
  for (const atom of left) if (left.has(atom)) take(sayAlone(atom, say))
  return scopes
}

/** By all patterns that it is under, without those that say nothing more. */
function sayAlone(atom: Atom, say: (dags: DagScope['dags']) => Saying | null): Saying {
  const alone: Saying = { scope: { dags: [atom.dag], except: [] }, covers: [atom] }
  let dags = [...atom.under]
  const tried = (names: readonly string[]) => {
    const [first, ...more] = names
    const saying = first === undefined ? null : say([first, ...more])
    return saying?.covers.includes(atom) ? saying : null
  }
  let best = tried(dags)
  for (const pattern of atom.under) {
    const fewer = dags.filter((name) => name !== pattern)
    const shorter = tried(fewer)
    if (!best || !shorter || shorter.scope.except.length > best.scope.except.length) continue
    dags = fewer
    best = shorter
  }
  return best ?? alone
}

/** Patterns that take out all that is not among `some`, and little else; null where there are none. */
function exceptions(
  inside: readonly Atom[],
  some: ReadonlySet<Atom>,
  patterns: readonly string[],
): string[] | null {
  const left = new Set(inside.filter((atom) => !some.has(atom)))
  const except: string[] = []
  while (left.size > 0) {
    const [best] = patterns
      .map((pattern) => {
        const taken = inside.filter((atom) => isIn(atom)(pattern))
        const lost = taken.filter((atom) => some.has(atom)).length
        return { pattern, taken, lost, gain: taken.filter((atom) => left.has(atom)).length }
      })
      .filter(({ gain, taken }) => gain > 0 && taken.length < inside.length)
      .sort((a, b) => a.lost - b.lost || b.gain - a.gain)
    if (!best) return null
    except.push(best.pattern)
    for (const atom of best.taken) left.delete(atom)
  }
  return except
}

function isIn(atom: Atom): (pattern: string) => boolean {
  return (pattern) => (pattern === '~' ? atom.dag === '~' : atom.under.has(pattern))
}

function words({ scope }: Saying): number {
  return scope.dags.length + scope.except.length
}
