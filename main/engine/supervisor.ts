import type { ControlClient, ControlListener } from '#client/control/control-client.ts'
import { sleep } from '#client/sleep.ts'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { ControlMethod, ControlParams, ControlResults, EngineStatus } from '#shared/ipc/control.ts'
import type { DesktopState } from '#shared/ipc/desktop.ts'
import { Backoff } from './backoff.ts'
import type { DialEngine, EngineProcess, SpawnEngine } from './link.ts'

/** What of the desktop's state comes from the engine. */
export type EngineState = Pick<
  DesktopState,
  | 'engine'
  | 'engineProblem'
  | 'tokenStore'
  | 'tokenStoreProblem'
  | 'environments'
  | 'offers'
  | 'offersProblem'
>

export interface SupervisorOptions {
  readonly dial: DialEngine
  readonly spawn: SpawnEngine
  /** The engine asks for a browser: a sign-in page of an environment. */
  readonly onBrowse: (environment: string, url: string) => void
  readonly onState: (changed: Partial<EngineState>) => void
  /** There is an engine, perhaps another one than before; its first state follows. */
  readonly onAttached: (status: EngineStatus) => void
  /** What the engine tells besides its status. */
  readonly told: Pick<ControlListener, 'activity' | 'accessRequests' | 'traffic' | 'finding' | 'proxyWanted'>
  readonly onEvent: (event: string, fields?: Readonly<Record<string, string | number>>) => void
}

const stopWithinMs = 4_000

/**
 * Keeps one engine in reach: joins the one that runs (the CLI's), else starts one, and starts it again with
 * backoff when it ends. Free of Electron.
 */
export class EngineSupervisor {
  readonly #options: SupervisorOptions
  readonly #backoff = new Backoff(250, 10_000, 30_000)
  readonly #stopping = new AbortController()
  #link: ControlClient | null = null
  #process: EngineProcess | null = null
  #loop: Promise<void> | null = null

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  start(): void {
    this.#loop ??= this.#attachLoop()
  }

  /** @throws ENGINE_NOT_RUNNING between two engines (a retry helps), else what the engine answers */
  async request<M extends ControlMethod>(method: M, params: ControlParams<M>): Promise<ControlResults[M]> {
    if (this.#link === null) throw new JetwayError('ENGINE_NOT_RUNNING')
    return this.#link.request(method, params)
  }

  /** Ends our own engine, or leaves one that others started. Takes four seconds at most. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    const [link, child] = [this.#link, this.#process]
    if (link !== null && child !== null) void link.request('shutdown', {}).catch(() => undefined)
    else link?.close()
    if (child !== null) {
      const timer = setTimeout(() => child.kill(), stopWithinMs)
      await child.exited
      clearTimeout(timer)
    }
    await this.#loop
  }

  async #attachLoop(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const startedMs = performance.now()
      try {
        await this.#attachOnce()
        this.#change({ engine: 'restarting', engineProblem: null })
      } catch (error) {
        const problem = problemOf(asJetwayError(error))
        this.#change({ engine: 'restarting', engineProblem: problem })
        this.#options.onEvent('engine-failed', { code: problem.code })
      }
      const waitMs = this.#backoff.next(performance.now() - startedMs)
      await sleep(waitMs, this.#stopping.signal)
    }
  }

  /** Joins or starts an engine and returns when it is gone. */
  async #attachOnce(): Promise<void> {
    const link = await this.#reach()
    try {
      this.#link = link
      const status = await link.request('watch', {})
      this.#options.onAttached(status)
      this.#show(status)
      this.#options.onEvent('engine-attached', { own: this.#process === null ? 0 : 1 })
      await link.closed
      this.#options.onEvent('engine-gone')
    } finally {
      this.#link = null
      link.close()
    }
  }

  async #reach(): Promise<ControlClient> {
    try {
      return await this.#dial()
    } catch (error) {
      if (asJetwayError(error).code !== 'ENGINE_NOT_RUNNING') throw error
    }
    await this.#spawn()
    return this.#dial()
  }

  #dial(): Promise<ControlClient> {
    return this.#options.dial({
      ...this.#options.told,
      status: (status) => this.#show(status),
      browse: ({ environment, url }) => this.#options.onBrowse(environment, url),
      // Of a sign-in that began in a terminal and is joined here; there is a browser here.
      deviceCode: ({ environment, verificationUri, verificationUriComplete }) =>
        this.#options.onBrowse(environment, verificationUriComplete ?? verificationUri),
    })
  }

  async #spawn(): Promise<void> {
    // One whose socket broke may still be on its way out, and holds the ports until it is gone.
    if (this.#process !== null) await this.#process.exited
    if (this.#stopping.signal.aborted) throw new JetwayError('ENGINE_NOT_RUNNING')
    const child = await this.#options.spawn()
    this.#process = child
    if (this.#stopping.signal.aborted) child.kill()
    void child.exited.then((code) => {
      this.#options.onEvent('engine-exited', { code })
      if (this.#process === child) this.#process = null
    })
    await child.ready
  }

  #show(status: EngineStatus): void {
    this.#change({
      engine: 'running',
      engineProblem: null,
      tokenStore: status.tokenStore,
      tokenStoreProblem: status.tokenStoreProblem,
      environments: status.environments,
      offers: status.offers,
      offersProblem: status.offersProblem,
    })
  }

  #change(part: Partial<EngineState>): void {
    if (!this.#stopping.signal.aborted) this.#options.onState(part)
  }
}
