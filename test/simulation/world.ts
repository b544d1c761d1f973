import type { Scheduler } from '#shared/protocol/scheduler.ts'
import { seeded } from '../support/random.ts'

interface Event {
  readonly at: number
  readonly order: number
  run(): void
}

/** Promises that follow from one event settle within so many rounds of the microtask queue. */
const microtaskRounds = 16

/** A clock, a source of chance and a queue of events: everything that happens in a simulation, in one order. */
export class World {
  readonly random: () => number
  /** A binary heap, the next event first. */
  readonly #events: Event[] = []
  #now = 0
  #order = 0

  constructor(seed: number) {
    this.random = seeded(seed)
  }

  get now(): number {
    return this.#now
  }

  readonly scheduler: Scheduler = {
    now: () => this.#now,
    defer: (callback) => void this.after(0, callback),
    after: (ms, callback) => this.after(ms, callback),
  }

  after(ms: number, run: () => void): () => void {
    let cancelled = false
    this.#push({
      at: this.#now + ms,
      order: this.#order++,
      run() {
        if (!cancelled) run()
      },
    })
    return () => {
      cancelled = true
    }
  }

  /** An integer in [least, most]. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1))
  }

  chance(probability: number): boolean {
    return this.random() < probability
  }

  /** Lets time pass until `done`, or until `untilMs`. @returns whether it was done in time */
  async run(untilMs: number, done: () => boolean): Promise<boolean> {
    while (!done()) {
      const event = this.#pop()
      if (!event) return false
      if (event.at > untilMs) {
        this.#push(event)
        return false
      }
      this.#now = event.at
      event.run()
      for (let i = 0; i < microtaskRounds; i += 1) await undefined
    }
    return true
  }

  #push(event: Event): void {
    const heap = this.#events
    let at = heap.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(event, heap[parent] as Event)) break
      heap[at] = heap[parent] as Event
      at = parent
    }
    heap[at] = event
  }

  #pop(): Event | undefined {
    const heap = this.#events
    const first = heap[0]
    const last = heap.pop()
    if (heap.length === 0 || last === undefined) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child += 1
      if (!before(heap[child] as Event, last)) break
      heap[at] = heap[child] as Event
      at = child
    }
    heap[at] = last
    return first
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
