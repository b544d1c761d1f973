import type { ActivityEntry } from '#shared/ipc/activity.ts'

const kept = 500

/** What was refused lately, by environment and id, so that the person can ask for it. In memory only. */
export class Denials {
  readonly #byEnvironment = new Map<string, Map<string, ActivityEntry>>()

  add(environment: string, entries: readonly ActivityEntry[]): void {
    const denied = this.#byEnvironment.get(environment) ?? new Map<string, ActivityEntry>()
    this.#byEnvironment.set(environment, denied)
    for (const entry of entries) if (entry.effect === 'deny') denied.set(entry.id, entry)
    for (const oldest of denied.keys()) if (denied.size > kept) denied.delete(oldest)
  }

  find(environment: string, id: string): ActivityEntry | null {
    return this.#byEnvironment.get(environment)?.get(id) ?? null
  }

  keepOnly(environments: ReadonlySet<string>): void {
    for (const name of this.#byEnvironment.keys()) {
      if (!environments.has(name)) this.#byEnvironment.delete(name)
    }
  }
}
