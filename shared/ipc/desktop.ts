/**
 * The contract between the desktop's main process and its window. The preload script hands every request to
 * the renderer as a function of `window.jetway`; main checks the sender and holds the params against
 * `desktop-schemas.ts`. Free of zod, so that the sandboxed preload stays small. No token, code or sign-in URL
 * ever crosses this border.
 */
import type { Problem } from '../errors/problem.ts'
import type { Access } from './access.ts'
import type { AccessRequests } from './access-requests.ts'
import type { ActivityEntry } from './activity.ts'
import type {
  ControlNotifications,
  ControlParams,
  EnvironmentOffer,
  EnvironmentStatus,
  TokenStoreKind,
} from './control.ts'
import type { EnvironmentColor } from './environment-color.ts'
import type { Finding } from './finding.ts'
import type { TrafficSample } from './traffic.ts'

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
  setAppearance: OfEnvironment & { readonly color: EnvironmentColor; readonly production: boolean }
  setPort: OfService & { readonly port: number }
  getAccess: OfEnvironment
  /** Asks once more for the requests for access, where that failed. */
  watchAccessRequests: OfEnvironment
  requestAccess: ControlParams<'requestAccess'>
  decideAccessRequest: ControlParams<'decideAccessRequest'>
  endAccessRequest: ControlParams<'endAccessRequest'>
  /**
   * Answers what went through lately; `onActivity` brings the rest, for one environment at a time. An entry may come both
   * ways: its id tells.
   */
  watchActivity: OfEnvironment
  unwatchActivity: OfEnvironment
  watchTraffic: OfEnvironment
  unwatchTraffic: OfEnvironment
  /** Answers when all was looked at; `onFinding` brings each on the way. */
  diagnose: OfEnvironment
  /** Puts the findings of the last `diagnose` on the clipboard, as text without secrets. */
  copyReport: OfEnvironment
  /** Puts a request for access on the clipboard: who asks, for which verb on what, and the id of the denial. */
  copyAccessRequest: OfEnvironment & { readonly entry: string }
  /** Changes those that are named. */
  setSettings: { readonly [S in keyof DesktopSettings]?: DesktopSettings[S] | undefined }
  openFolder: { readonly folder: 'data' | 'logs' }
  /** Says yes or no to `pendingLink`. */
  answerLink: { readonly accept: boolean }
  /** The window is where `goTo` wants it. */
  arrive: Record<string, never>
  installUpdate: Record<string, never>
}

export type DesktopMethod = keyof DesktopParams

/** What the requests answer; those not named here answer null. */
interface DesktopValues {
  getState: DesktopState
  addEnvironment: { readonly environment: string }
  getAccess: Access
  watchActivity: readonly ActivityEntry[]
  watchTraffic: readonly TrafficSample[]
  diagnose: readonly Finding[]
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
  readonly settings: DesktopSettings
  /** Why the settings are not those that were set: the file could not be understood and was put aside. Null for nothing. */
  readonly settingsProblem: Problem | null
  /** Environments that the company proposes and that are not there yet. */
  readonly offers: readonly EnvironmentOffer[]
  /** Why a company file was not read, where one is there. */
  readonly offersProblem: Problem | null
  /** A `jetway://add` link that was followed and waits for the person to say yes; null for none. */
  readonly pendingLink: EnvironmentOffer | null
  /** By environment. One that is not there is not connected, or is being asked. */
  readonly accessRequests: Readonly<Record<string, RequestsKnown>>
  /** Requests for access that were chosen in the tray or in a notification, until the window shows them. */
  readonly goTo: RequestsPlace | null
  readonly update: UpdateState
  readonly about: AboutDesktop
}

/** What is known of an environment's requests for access. `none`: its relay has no such thing. */
export type RequestsKnown =
  | { readonly kind: 'known'; readonly requests: AccessRequests }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly problem: Problem }

interface RequestsPlace {
  readonly environment: string
  /** The id of one of them; null for all. */
  readonly request: string | null
}

export interface DesktopSettings {
  readonly startAtLogin: boolean
  readonly theme: 'system' | 'light' | 'dark'
  readonly notifications: boolean
  /** `system`: what this machine is set to, PAC as well; `none`; or the URL of an HTTP proxy, without a password. */
  readonly proxy: string
  readonly updates: boolean
}

export type UpdateState =
  | { readonly kind: 'none' | 'checking' | 'unsupported' }
  | { readonly kind: 'downloading'; readonly version: string; readonly percent: number }
  | {
      readonly kind: 'ready'
      readonly version: string
      /** Why it could not be put in place when the person said so; null before. */
      readonly problem: Problem | null
    }
  | { readonly kind: 'failed'; readonly problem: Problem }

export interface AboutDesktop {
  readonly version: string
  readonly electron: string
  readonly dataFolder: string
  readonly logFolder: string
}

/** IPC channel names. */
export const desktopChannels = {
  request: (method: DesktopMethod): string => `jetway:${method}`,
  state: 'jetway:state',
  activity: 'jetway:activity',
  traffic: 'jetway:traffic',
  finding: 'jetway:finding',
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
  setAppearance: true,
  setPort: true,
  getAccess: true,
  watchAccessRequests: true,
  requestAccess: true,
  decideAccessRequest: true,
  endAccessRequest: true,
  watchActivity: true,
  unwatchActivity: true,
  watchTraffic: true,
  unwatchTraffic: true,
  diagnose: true,
  copyReport: true,
  copyAccessRequest: true,
  setSettings: true,
  openFolder: true,
  answerLink: true,
  arrive: true,
  installUpdate: true,
} satisfies Record<DesktopMethod, true>) as readonly DesktopMethod[]

export type DesktopRequests = {
  readonly [M in DesktopMethod]: (params: DesktopParams[M]) => Promise<DesktopResult<DesktopValue<M>>>
}

/** `window.jetway`: functions only. */
export interface DesktopBridge extends DesktopRequests {
  /** Calls `listener` at each change; the returned function ends that. */
  readonly onState: (listener: (state: DesktopState) => void) => () => void
  readonly onActivity: (listener: (told: ControlNotifications['activity']) => void) => () => void
  readonly onTraffic: (listener: (told: ControlNotifications['traffic']) => void) => () => void
  readonly onFinding: (listener: (told: ControlNotifications['finding']) => void) => () => void
}
