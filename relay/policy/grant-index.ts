import type { Grant } from './compiled-policy.ts'

interface Placed {
  readonly place: number
  readonly grant: Grant
}

const mostKeyChars = 3

/** Grants by how the patterns of their DAGs begin: of thousands only few can fit a DAG. */
export class GrantIndex {
  readonly all: readonly Grant[]
  readonly #byStart = new Map<string, Placed[]>()

  constructor(grants: readonly Grant[]) {
    this.all = grants
    grants.forEach((grant, place) => {
      // A grant without patterns is for what is no DAG.
      const globs = grant.dags.length === 0 ? ['*'] : grant.dags
      for (const start of new Set(globs.map(startOf))) {
        const known = this.#byStart.get(start)
        if (known) known.push({ place, grant })
        else this.#byStart.set(start, [{ place, grant }])
      }
    })
  }

  /** The first grant that passes and covers a DAG. */
  find(dag: string | null, passes: (grant: Grant) => boolean): Grant | null {
    let first: Placed | null = null
    for (let chars = 0; chars <= Math.min(mostKeyChars, dag?.length ?? 0); chars += 1) {
      const placed = this.#byStart
        .get(dag?.slice(0, chars) ?? '')
        ?.find(({ grant }) => passes(grant) && grant.covers(dag))
      if (placed && (first === null || placed.place < first.place)) first = placed
    }
    return first?.grant ?? null
  }
}

function startOf(glob: string): string {
  return (glob.split('*', 1)[0] as string).slice(0, mostKeyChars)
}
