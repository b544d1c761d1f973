import type { Logger } from 'pino'
import { JetwayError } from '#shared/errors/jetway-error.ts'
import type { Generation } from './generation.ts'
import type { CheckWork } from './http/handlers/drain.ts'

/** The generation at work, and those before it that have not ended yet. */
export class Generations {
  #current: Generation
  readonly #retired = new Set<Generation>()
  readonly #log: Logger
  #draining = false

  constructor(first: Generation, log: Logger) {
    this.#current = first
    this.#log = log
  }

  /** To be asked for anew by whatever begins, and kept by it to its end. */
  get current(): Generation {
    return this.#current
  }

  /** Those that let end what they began, oldest first. */
  get retired(): readonly Generation[] {
    return [...this.#retired]
  }

  get isDraining(): boolean {
    return this.#draining
  }

  get inFlight(): number {
    return this.#all.reduce((sum, { gate }) => sum + gate.inFlight, 0)
  }

  /**
   * From now on `next` takes what begins. What the one before began may end within `deadlineMs`; then it is cut.
   *
   * @throws DRAINING when the relay is about to end
   */
  swap(next: Generation, deadlineMs: number): void {
    if (this.#draining) throw new JetwayError('DRAINING')
    const before = this.#current
    this.#current = next
    this.#retired.add(before)
    void this.#retire(before, deadlineMs)
  }

  /** The relay is about to end: connections are closed with their next answers. */
  drain(): void {
    this.#draining = true
    for (const { gate } of this.#all) gate.drain()
  }

  /** Ends what is in flight that `check` refuses, whichever generation began it. */
  endThose(check: CheckWork): void {
    for (const { gate } of this.#all) gate.endThose(check)
  }

  /** Cuts what is in flight and lets go of everything. */
  async close(): Promise<void> {
    const all = this.#all
    for (const { gate } of all) gate.cut()
    await Promise.all(all.map((generation) => generation.close()))
  }

  get #all(): Generation[] {
    return [...this.#retired, this.#current]
  }

  async #retire(generation: Generation, deadlineMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, deadlineMs)
      generation.gate.whenIdle(() => {
        clearTimeout(timer)
        resolve()
      })
    })
    const cut = generation.gate.inFlight
    generation.gate.cut()
    await generation.close()
    this.#retired.delete(generation)
    this.#log[cut > 0 ? 'warn' : 'info']({ generation: generation.id, cut }, 'generation ended')
  }
}
