/**
 * The contract between the desktop's main process and its window. The preload script hands every request to
 * the renderer as a function of `window.jetway`; main checks the sender and holds the params against
 * `desktop-schemas.ts`. Free of zod, so that the sandboxed preload stays small. No token, code or sign-in URL
 * ever crosses this border.
 */
import type { Problem } from '../errors/problem.ts'
import type { EnvironmentStatus, TokenStoreKind } from './control.ts'

interface OfEnvironment {
  readonly environment: string
}

interface OfService extends OfEnvironment {
  readonly service: string
}

/** Requests of the window by method, with their params. */
export interface DesktopParams {
  getState: Record<string, never>
  /** Discovers the relay, remembers it and begins to connect. */
  addEnvironment: { readonly relayUrl: string }
  removeEnvironment: OfEnvironment
  signIn: OfEnvironment
  /** Opens the provider's page of the running sign-in once more. */
  reopenSignIn: OfEnvironment
  cancelSignIn: OfEnvironment
  signOut: OfEnvironment
  connect: OfEnvironment
  disconnect: OfEnvironment
  /** Opens the service's local URL in the system browser. */
  openService: OfService
  /** Puts the service's local URL on the clipboard. */
  copyServiceUrl: OfService
}

export type DesktopMethod = keyof DesktopParams

/** What the requests answer; those not named here answer null. */
interface DesktopValues {
  getState: DesktopState
  addEnvironment: { readonly environment: string }
}

export type DesktopValue<M extends DesktopMethod> = M extends keyof DesktopValues ? DesktopValues[M] : null

/** An answer: a rejection would reach the window as a bare string, so failures travel as values. */
export type DesktopResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem }

export type EnginePhase = 'starting' | 'running' | 'restarting'

/** Everything that the window and the tray show. */
export interface DesktopState {
  readonly engine: EnginePhase
  /** Why the engine is not running, after it failed; null otherwise. */
  readonly engineProblem: Problem | null
  readonly tokenStore: TokenStoreKind | null
  readonly tokenStoreProblem: Problem | null
  readonly environments: readonly EnvironmentStatus[]
}

/** IPC channel names. */
export const desktopChannels = {
  request: (method: DesktopMethod): string => `jetway:${method}`,
  state: 'jetway:state',
} as const

/** All methods, for the preload script. The type holds it complete. */
export const desktopMethods = Object.keys({
  getState: true,
  addEnvironment: true,
  removeEnvironment: true,
  signIn: true,
  reopenSignIn: true,
  cancelSignIn: true,
  signOut: true,
  connect: true,
  disconnect: true,
  openService: true,
  copyServiceUrl: true,
} satisfies Record<DesktopMethod, true>) as readonly DesktopMethod[]

export type DesktopRequests = {
  readonly [M in DesktopMethod]: (params: DesktopParams[M]) => Promise<DesktopResult<DesktopValue<M>>>
}

/** `window.jetway`: functions only. */
export interface DesktopBridge extends DesktopRequests {
  /** Calls `listener` at each change; the returned function ends that. */
  readonly onState: (listener: (state: DesktopState) => void) => () => void
}
