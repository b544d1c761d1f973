import { sleep } from '#client/sleep.ts'
import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { UpdateState } from '#shared/ipc/desktop.ts'
import { isSignedBy, type SignedUpdate } from './feed-signature.ts'
import { isNewer } from './version.ts'

/** Where updates come from. electron-updater is one; it holds what it downloads against the feed's hashes. */
export interface UpdateSource {
  /** What the feed has for this machine; null for nothing, also where a staged update is not for it yet. */
  check(): Promise<SignedUpdate | null>
  /** @throws UPDATE_UNTRUSTED when it is not what the feed said, UPDATE_FAILED */
  download(onPercent: (percent: number) => void): Promise<void>
  /**
   * Installs what was downloaded, and starts it.
   *
   * @throws UPDATE_FAILED where it is not in place; the app runs on
   */
  install(): void
}

export interface UpdatesOptions {
  /** Null where this installation cannot update itself. */
  readonly source: UpdateSource | null
  /** Of the running app. */
  readonly version: string
  /** PEM, Ed25519, of whoever may make updates; null where the package was built without updates. */
  readonly publicKey: string | null
  readonly onState: (state: UpdateState) => void
  readonly onEvent: (event: string, fields: Readonly<Record<string, string>>) => void
}

const everyMs = 4 * 3600_000

/**
 * Keeps the app current: looks for an update, at the start and every four hours, and downloads what is newer and signed.
 * Installing is left to the person. Free of Electron.
 */
export class Updates {
  readonly #options: UpdatesOptions
  #looking: AbortController | null = null
  #under: Promise<void> | null = null
  /** The version that was downloaded. */
  #ready: string | null = null

  constructor(options: UpdatesOptions) {
    this.#options = options
    this.#say(this.#canUpdate ? { kind: 'none' } : { kind: 'unsupported' })
  }

  get #canUpdate(): boolean {
    return this.#options.source !== null && this.#options.publicKey !== null
  }

  /** Whether to look; what was downloaded stays. Safe to call again with the same. */
  setWanted(wanted: boolean): void {
    if (!wanted) {
      this.#looking?.abort()
      this.#looking = null
    } else if (this.#looking === null && this.#canUpdate) {
      this.#looking = new AbortController()
      void this.#lookLoop(this.#looking.signal)
    }
  }

  /** Looks once; its outcome is in the state. One look at a time. */
  look(): Promise<void> {
    this.#under ??= this.#lookOnce().finally(() => {
      this.#under = null
    })
    return this.#under
  }

  /**
   * Puts it in place; where that does not work, the state says why, and it may be tried again.
   *
   * @throws USAGE when nothing is ready
   */
  install(): void {
    const { source, onEvent } = this.#options
    if (source === null || this.#ready === null)
      throw new JetwayError('USAGE', { reason: 'No update is ready.' })
    try {
      source.install()
    } catch (error) {
      const problem = problemOf(asJetwayError(error, 'UPDATE_FAILED', { reason: 'it was not installed' }))
      onEvent('update-not-installed', { code: problem.code })
      this.#say({ kind: 'ready', version: this.#ready, problem })
    }
  }

  async #lookLoop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look()
      await sleep(everyMs, signal)
    }
  }

  async #lookOnce(): Promise<void> {
    const { source, publicKey, version, onEvent } = this.#options
    if (source === null || publicKey === null || this.#ready !== null) return
    try {
      this.#say({ kind: 'checking' })
      const found = await source.check()
      if (found === null || !isNewer(found.version, version)) return this.#say({ kind: 'none' })
      if (!isSignedBy(publicKey, found))
        throw new JetwayError('UPDATE_UNTRUSTED', {
          reason: 'its signature is not the one that Jetway knows',
        })
      onEvent('update-found', { version: found.version })
      this.#say({ kind: 'downloading', version: found.version, percent: 0 })
      await source.download((percent) => this.#say({ kind: 'downloading', version: found.version, percent }))
      this.#ready = found.version
      this.#say({ kind: 'ready', version: found.version, problem: null })
      onEvent('update-ready', { version: found.version })
    } catch (error) {
      const problem = problemOf(
        asJetwayError(error, 'UPDATE_FAILED', { reason: 'the feed was not understood' }),
      )
      onEvent('update-failed', { code: problem.code })
      this.#say({ kind: 'failed', problem })
    }
  }

  #say(state: UpdateState): void {
    this.#options.onState(state)
  }
}
