import type { ActivityEntry } from '#shared/ipc/activity.ts'

/** So many entries are kept of each session: whoever looks why something was refused looks afterwards. */
export const keptEntries = 200

/** What went through a session lately, for the one whose session it is. */
export class SessionActivity {
  readonly #kept: ActivityEntry[] = []
  readonly #followers = new Set<Follower>()
  #count = 0
  #isEnded = false

  /** The number of the last entry; they are numbered from 1. */
  get count(): number {
    return this.#count
  }

  /** The number of the first entry that is kept. */
  get first(): number {
    return this.#count - this.#kept.length + 1
  }

  get followers(): number {
    return this.#followers.size
  }

  /** Nobody may look on any more. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  add(entry: ActivityEntry): void {
    this.#kept[this.#count % keptEntries] = entry
    this.#count += 1
    for (const follower of this.#followers) follower.more()
  }

  /** @param number from {@link first} to {@link count} */
  at(number: number): ActivityEntry {
    return this.#kept[(number - 1) % keptEntries] as ActivityEntry
  }

  /** @returns ends it */
  follow(follower: Follower): () => void {
    this.#followers.add(follower)
    return () => this.#followers.delete(follower)
  }

  /** The session is being left: nobody is to be kept in it by looking on. */
  end(): void {
    this.#isEnded = true
    for (const follower of this.#followers) follower.end()
  }
}

/** Someone who looks on. */
export interface Follower {
  /** There is another entry. */
  more(): void
  end(): void
}
