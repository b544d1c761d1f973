/** DAG ids that fall under the same patterns: no list of these patterns can tell them apart. */
export interface Atom {
  /** One of them, of the shortest. */
  readonly dag: string
  /** The patterns that they fall under. */
  readonly under: ReadonlySet<string>
}

export interface Atoms {
  readonly atoms: readonly Atom[]
  /** False where there were more ways to combine the patterns than are looked at. */
  readonly isComplete: boolean
}

/** Enough for hundreds of names and prefixes; many pieces between stars multiply. */
const mostStates = 20_000
const mostAtoms = 512

/** Some letter stands for all that the patterns do not name. */
const letters = 'xyzabcdefghijklmnopqrstuvwABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.'

/**
 * Every way in which DAG ids fall under the patterns, overlaps included, each with one DAG id: the patterns' automata
 * run side by side, breadth first. Over 512 ways, or 20,000 states on the way to them, it gives up and says so.
 */
export function atomsOf(patterns: readonly string[]): Atoms {
  const automata = [...new Set(patterns)].map((pattern) => new PatternAutomaton(pattern))
  const alphabet = alphabetOf(patterns)
  const atoms = new Map<string, Atom>()
  const seen = new Set<string>()
  let edge: { dag: string; states: readonly number[] }[] = [
    { dag: '', states: automata.map(() => PatternAutomaton.start) },
  ]
  while (edge.length > 0) {
    const next: typeof edge = []
    for (const { dag, states } of edge) {
      for (const letter of alphabet) {
        const reached = automata.map((automaton, i) => automaton.step(states[i] as number, letter))
        const key = reached.join(',')
        if (seen.has(key)) continue
        if (seen.size >= mostStates || atoms.size > mostAtoms)
          return { atoms: [...atoms.values()], isComplete: false }
        seen.add(key)
        next.push({ dag: dag + letter, states: reached })
        const under = automata.flatMap((automaton, i) =>
          automaton.accepts(reached[i] as number) ? [automaton.pattern] : [],
        )
        const atom = JSON.stringify(under)
        if (!atoms.has(atom)) atoms.set(atom, { dag: dag + letter, under: new Set(under) })
      }
    }
    edge = next
  }
  return { atoms: [...atoms.values()], isComplete: true }
}

function alphabetOf(patterns: readonly string[]): string[] {
  const named = new Set([...patterns.join('')].filter((letter) => letter !== '*'))
  const other = [...letters].find((letter) => !named.has(letter))
  return other === undefined ? [...named] : [other, ...named]
}

/** A pattern as a deterministic automaton whose states are made when they are first reached. */
class PatternAutomaton {
  static readonly start = 0
  readonly pattern: string
  /** By code point, as Cedar compares. */
  readonly #letters: readonly string[]
  /** Where in the pattern one may be, for each state. */
  readonly #places: (readonly number[])[] = []
  readonly #states = new Map<string, number>()
  readonly #steps = new Map<string, number>()

  constructor(pattern: string) {
    this.pattern = pattern
    this.#letters = [...pattern]
    this.#stateOf([0])
  }

  step(state: number, letter: string): number {
    const key = `${state}${letter}`
    const known = this.#steps.get(key)
    if (known !== undefined) return known
    const reached = this.#stateOf(
      (this.#places[state] as readonly number[]).flatMap((place) => {
        if (this.#letters[place] === '*') return [place]
        return this.#letters[place] === letter ? [place + 1] : []
      }),
    )
    this.#steps.set(key, reached)
    return reached
  }

  accepts(state: number): boolean {
    return (this.#places[state] as readonly number[]).includes(this.#letters.length)
  }

  #stateOf(reached: readonly number[]): number {
    const places = new Set(reached)
    // A set grows while it is walked: a star may stand for nothing.
    for (const place of places) if (this.#letters[place] === '*') places.add(place + 1)
    // Whatever ends from before a star ends from the star as well.
    const lastStar = Math.max(-1, ...[...places].filter((place) => this.#letters[place] === '*'))
    const kept = [...places].filter((place) => place >= lastStar).sort((a, b) => a - b)
    const key = kept.join(',')
    const known = this.#states.get(key)
    if (known !== undefined) return known
    const state = this.#places.push(kept) - 1
    this.#states.set(key, state)
    return state
  }
}
