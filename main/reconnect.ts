import { sleep } from '#client/sleep.ts'
import { asJetwayError } from '#shared/errors/jetway-error.ts'
import type { EngineStatus, EnvironmentStatus } from '#shared/ipc/control.ts'
import type { Backoff } from './engine/backoff.ts'
import type { EngineSupervisor } from './engine/supervisor.ts'

export interface ReconnectOptions {
  readonly request: EngineSupervisor['request']
  /** The environments as they are now. */
  readonly environments: () => readonly EnvironmentStatus[]
  /** To which the person wants to be connected, as it was kept. */
  readonly wanted: readonly string[]
  readonly keep: (wanted: readonly string[]) => void
  readonly backoff: () => Backoff
}

/**
 * Brings connections back that the person wants, after the app, the engine or the machine was started anew. It opens no
 * browser: who is not signed in is not connected, and who may be so in a keychain that is locked is once it is unlocked.
 */
export class Reconnect {
  readonly #options: ReconnectOptions
  /** Being connected just now. */
  readonly #trying = new Set<string>()
  /** What cuts the wait for the next attempt short. */
  readonly #waiting = new Map<string, AbortController>()
  /** Whose sign-in may be in a keychain that is locked. */
  readonly #lockedOut = new Set<string>()
  #wanted: ReadonlySet<string>

  constructor(options: ReconnectOptions) {
    this.#options = options
    this.#wanted = new Set(options.wanted)
  }

  /** There is an engine, started anew perhaps. To be called before `follow` with the same environments. */
  attached({
    environments,
    tokenStoreProblem,
  }: Pick<EngineStatus, 'environments' | 'tokenStoreProblem'>): void {
    for (const { name, state, signedIn } of environments) {
      if (state !== 'disconnected' || !this.#wanted.has(name) || this.#trying.has(name)) continue
      if (signedIn) this.#begin(name)
      else if (tokenStoreProblem !== null) this.#lockedOut.add(name)
    }
  }

  /** Who is disconnected without an error has wanted that. */
  follow(environments: readonly EnvironmentStatus[]): void {
    for (const { name, state, signedIn } of environments) {
      if (state === 'disconnected' && !signedIn) continue
      if (this.#lockedOut.delete(name) && state === 'disconnected') this.#begin(name)
    }
    const wanted = environments
      .filter(
        ({ name, state, lastError }) =>
          state !== 'disconnected' ||
          this.#trying.has(name) ||
          this.#lockedOut.has(name) ||
          (lastError !== null && this.#wanted.has(name)),
      )
      .map(({ name }) => name)
    const isSame = wanted.length === this.#wanted.size && wanted.every((name) => this.#wanted.has(name))
    if (isSame) return
    this.#wanted = new Set(wanted)
    this.#options.keep(wanted)
  }

  #begin(name: string): void {
    this.#trying.add(name)
    const wait = this.#waiting.get(name)
    if (wait !== undefined) wait.abort()
    else void this.#restore(name)
  }

  async #restore(environment: string): Promise<void> {
    const backoff = this.#options.backoff()
    do {
      if (!(await this.#tryOnce(environment))) return
      const wait = new AbortController()
      this.#waiting.set(environment, wait)
      await sleep(backoff.next(0), wait.signal)
      this.#waiting.delete(environment)
    } while (this.#isMissing(environment))
    this.#trying.delete(environment)
  }

  /** @returns whether another attempt makes sense */
  async #tryOnce(environment: string): Promise<boolean> {
    this.#trying.add(environment)
    try {
      await this.#options.request('connect', { environment })
      return false
    } catch (error) {
      const { code, entry } = asJetwayError(error)
      // Without an engine there will be another, and `attached` again.
      return entry.retry && code !== 'ENGINE_NOT_RUNNING'
    } finally {
      this.#trying.delete(environment)
    }
  }

  /** Whether it is still wanted, and nobody else has it connected. */
  #isMissing(environment: string): boolean {
    const now = this.#options.environments().find(({ name }) => name === environment)
    return this.#wanted.has(environment) && now?.state === 'disconnected' && now.signedIn
  }
}
