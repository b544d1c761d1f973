import type { ActivityEntry } from '#shared/ipc/activity.ts'

const kept = 5

export interface RecentDag {
  readonly service: string
  readonly dag: string
}

/** The DAGs that a person had to do with last, by environment. In memory only. */
export class RecentDags {
  /** The one that was touched last stands last. */
  readonly #touched = new Map<string, Map<string, RecentDag>>()

  /** @returns whether there are others now than before */
  add(environment: string, entries: readonly ActivityEntry[]): boolean {
    const before = this.#keys(environment)
    const touched = this.#touched.get(environment) ?? new Map<string, RecentDag>()
    for (const { service, dag, effect } of entries) {
      if (service === null || dag === null || effect !== 'allow') continue
      const key = `${service} ${dag}`
      touched.delete(key)
      touched.set(key, { service, dag })
      for (const oldest of touched.keys()) if (touched.size > kept) touched.delete(oldest)
    }
    this.#touched.set(environment, touched)
    return this.#keys(environment) !== before
  }

  /** In the order of their names: a menu whose lines change places is hard to hit. */
  of(environment: string): readonly RecentDag[] {
    const all = [...(this.#touched.get(environment)?.values() ?? [])]
    return all.sort((a, b) => a.dag.localeCompare(b.dag))
  }

  keepOnly(environments: ReadonlySet<string>): void {
    for (const name of this.#touched.keys()) if (!environments.has(name)) this.#touched.delete(name)
  }

  #keys(environment: string): string {
    return [...(this.#touched.get(environment)?.keys() ?? [])].sort().join('\n')
  }
}
