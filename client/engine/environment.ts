import { asJetwayError, JetwayError } from '#shared/errors/jetway-error.ts'
import { problemOf } from '#shared/errors/problem.ts'
import type { ConnectionState, EnvironmentStatus } from '#shared/ipc/control.ts'
import type { DiscoveryDocument } from '#shared/ipc/discovery.ts'
import { version } from '#shared/version.ts'
import { Credentials } from '../auth/credentials.ts'
import type { TokenStore } from '../auth/token-store.ts'
import { discover } from '../discovery.ts'
import type { SavedEnvironment } from '../environments.ts'
import { sleep } from '../sleep.ts'
import { openTunnel, type Tunnel } from '../tunnel.ts'
import { backoffMs } from './backoff.ts'
import { LocalPorts } from './local-ports.ts'
import { renewSession } from './session-renewal.ts'

export interface EnvironmentOptions {
  readonly saved: SavedEnvironment
  readonly store: TokenStore
  readonly onChange: () => void
  /** The relay named other services than before. */
  readonly onServices: (environment: Environment, services: DiscoveryDocument['services']) => void
}

interface SigningIn {
  readonly done: Promise<void>
  readonly controller: AbortController
  readonly watchers: Set<(url: string) => void>
  url: string | null
}

/** One environment at work: its sign-in, its local ports, and its tunnel, kept up as long as that is wanted. */
export class Environment {
  readonly #options: EnvironmentOptions
  readonly #credentials: Credentials
  readonly #ports: LocalPorts
  #saved: SavedEnvironment
  #state: ConnectionState = 'disconnected'
  #lastError: JetwayError | null = null
  #connectedSince: Date | null = null
  #signingIn: SigningIn | null = null
  /** What ends the present connection, or the attempts at one; null while none is wanted. */
  #wish: AbortController | null = null
  #connecting: Promise<void> | null = null
  #running: Promise<void> = Promise.resolve()

  constructor(options: EnvironmentOptions) {
    this.#options = options
    this.#saved = options.saved
    this.#credentials = new Credentials({
      environment: options.saved.name,
      account: options.saved.relayUrl,
      store: options.store,
    })
    this.#ports = new LocalPorts(() => ({
      waiting: this.#state === 'reconnecting' || this.#connecting !== null,
      problem: problemOf(
        this.#lastError ?? new JetwayError('NOT_CONNECTED', { environment: this.#saved.name }),
      ),
    }))
  }

  get saved(): SavedEnvironment {
    return this.#saved
  }

  /** Reads the sign-in that was kept and takes the local ports. What fails is in the status. */
  async start(): Promise<void> {
    try {
      await this.#credentials.load()
      await this.#ports.bind(this.#saved.services)
    } catch (error) {
      this.#lastError = asJetwayError(error)
    }
    this.#options.onChange()
  }

  status(): EnvironmentStatus {
    const { name, relayUrl, services } = this.#saved
    return {
      name,
      relayUrl,
      state: this.#state,
      signedIn: this.#credentials.signedIn,
      signingIn: this.#signingIn !== null,
      person: this.#credentials.person,
      services: services.map((service) => ({
        name: service.name,
        type: service.type,
        localUrl: this.#ports.urlOf(service),
      })),
      lastError: this.#lastError && problemOf(this.#lastError),
      connectedSince: this.#connectedSince?.toISOString() ?? null,
    }
  }

  /** Joins a sign-in that is under way. @throws as sign-in.ts, discovery.ts */
  async signIn(browse: (url: string) => void): Promise<void> {
    const signingIn = this.#signingIn ?? this.#beginSignIn()
    signingIn.watchers.add(browse)
    if (signingIn.url !== null) browse(signingIn.url)
    await signingIn.done
  }

  cancelSignIn(): void {
    this.#signingIn?.controller.abort()
  }

  async signOut(): Promise<void> {
    this.cancelSignIn()
    await this.disconnect()
    await this.#credentials.signOut()
    this.#lastError = null
    this.#options.onChange()
  }

  /**
   * Signs in where that is needed; resolves when connected. From then on the connection is kept up until
   * `disconnect`.
   *
   * @throws any code of discovery, sign-in, local port and tunnel
   */
  async connect(browse: (url: string) => void): Promise<void> {
    if (this.#state === 'connected') return
    this.#connecting ??= this.#connectFirst(browse).finally(() => {
      this.#connecting = null
    })
    await this.#connecting
  }

  async disconnect(): Promise<void> {
    this.#wish?.abort()
    this.#wish = null
    await Promise.allSettled([this.#connecting, this.#running])
    this.#lastError = null
    this.#change('disconnected')
  }

  async close(): Promise<void> {
    this.cancelSignIn()
    await this.disconnect()
    await this.#ports.close()
  }

  #beginSignIn(): SigningIn {
    const watchers: SigningIn['watchers'] = new Set()
    const controller = new AbortController()
    const run = async () => {
      const { oidc } = await this.#discover()
      await this.#credentials.signIn(oidc, this.#saved.ca, {
        signal: controller.signal,
        browse: (url) => {
          signingIn.url = url
          for (const watcher of watchers) watcher(url)
        },
      })
      this.#lastError = null
    }
    const signingIn: SigningIn = {
      controller,
      watchers,
      url: null,
      // In a turn of its own, so that `signingIn` is there when it runs
      done: Promise.resolve()
        .then(run)
        .catch((error: unknown) => {
          this.#lastError = asJetwayError(error)
          throw this.#lastError
        })
        .finally(() => {
          this.#signingIn = null
          this.#options.onChange()
        }),
    }
    this.#signingIn = signingIn
    this.#options.onChange()
    return signingIn
  }

  async #connectFirst(browse: (url: string) => void): Promise<void> {
    const wish = new AbortController()
    this.#wish = wish
    this.#lastError = null
    this.#change('connecting')
    try {
      if (!this.#credentials.signedIn) await this.#signInFor(wish, browse)
      const tunnel = await this.#open(wish.signal).catch(async (error: unknown) => {
        if (asJetwayError(error).code !== 'SIGN_IN_REQUIRED') throw error
        await this.#signInFor(wish, browse)
        return this.#open(wish.signal)
      })
      this.#running = this.#keepUp(tunnel, wish)
    } catch (error) {
      const known = asJetwayError(error)
      // A disconnect in the meantime is what the person wanted, not an error.
      if (wish.signal.aborted) throw new JetwayError('CLOSED')
      this.#wish = null
      this.#lastError = known
      this.#change('disconnected')
      throw known
    }
  }

  async #signInFor(wish: AbortController, browse: (url: string) => void): Promise<void> {
    const cancel = () => this.cancelSignIn()
    wish.signal.addEventListener('abort', cancel)
    try {
      await this.signIn(browse)
    } finally {
      wish.signal.removeEventListener('abort', cancel)
    }
  }

  /** A tunnel, with the local ports in it. A token that the relay refuses is renewed once. */
  async #open(signal: AbortSignal): Promise<Tunnel> {
    const { ca } = this.#saved
    const { carrierUrl, oidc } = await this.#discover()
    await this.#ports.bind(this.#saved.services)
    const dial = (accessToken: string) =>
      openTunnel({ carrierUrl, ca, accessToken, services: this.#ports.origins(), version, signal })
    const accessToken = (unlike?: string) => this.#credentials.accessToken(oidc, ca, unlike)
    let { token } = await accessToken()
    const tunnel = await dial(token).catch(async (error: unknown) => {
      const { code } = asJetwayError(error)
      if (code !== 'UNAUTHENTICATED' && code !== 'TOKEN_EXPIRED') throw error
      token = (await accessToken(token)).token
      return dial(token)
    })
    if (signal.aborted) {
      tunnel.close()
      throw new JetwayError('CLOSED')
    }
    const stopRenewal = renewSession(tunnel, token, accessToken)
    void tunnel.closed.then(stopRenewal)
    this.#lastError = null
    this.#connectedSince = new Date()
    this.#ports.attach(tunnel)
    this.#change('connected')
    return tunnel
  }

  /** Until the wish ends, or the reason for an end is one that trying again cannot mend. */
  async #keepUp(first: Tunnel, wish: AbortController): Promise<void> {
    let tunnel: Tunnel | null = first
    let attempt = 0
    while (!wish.signal.aborted) {
      if (tunnel) {
        const error = await closedOrAborted(tunnel, wish.signal)
        if (wish.signal.aborted) break
        attempt = 0
        this.#lastError = error
      }
      this.#connectedSince = null
      this.#change('reconnecting')
      await sleep(backoffMs(attempt), wish.signal)
      attempt += 1
      if (wish.signal.aborted) break
      tunnel = await this.#open(wish.signal).catch((error: unknown) => {
        this.#lastError = asJetwayError(error)
        return null
      })
      if (tunnel === null && this.#lastError && !this.#lastError.entry.retry) break
    }
    this.#connectedSince = null
    if (this.#wish === wish) this.#wish = null
    this.#change('disconnected')
  }

  async #discover(): Promise<DiscoveryDocument> {
    const document = await discover(this.#saved.relayUrl, this.#saved.ca)
    this.#options.onServices(this, document.services)
    return document
  }

  /** The services as they are now, each with its local port. */
  setServices(services: SavedEnvironment['services']): void {
    this.#saved = { ...this.#saved, services }
  }

  #change(state: ConnectionState): void {
    this.#state = state
    if (state !== 'connected') this.#ports.detach()
    this.#options.onChange()
  }
}

async function closedOrAborted(tunnel: Tunnel, signal: AbortSignal): Promise<JetwayError> {
  const close = () => tunnel.close()
  signal.addEventListener('abort', close)
  if (signal.aborted) close()
  const error = await tunnel.closed
  signal.removeEventListener('abort', close)
  return error
}
