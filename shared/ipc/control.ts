/**
 * The control socket: JSON-RPC 2.0, one message a line, between the engine and whoever steers it (the CLI
 * and the desktop's main process). The socket belongs to its owner alone.
 */
import { z } from 'zod'
import type { Problem } from '../errors/problem.ts'
import type { Access } from './access.ts'
import {
  type AccessRequest,
  type AccessRequests,
  accessRequestAsk,
  accessRequestDecision,
} from './access-requests.ts'
import type { ActivityEntry } from './activity.ts'
import type { AirflowVersion } from './airflow-version.ts'
import { type EnvironmentColor, environmentColors } from './environment-color.ts'
import type { Finding } from './finding.ts'
import type { TrafficSample } from './traffic.ts'
import type { WhoAmI } from './whoami.ts'

export type ConnectionState = 'disconnected' | 'connecting' | 'connected' | 'reconnecting'

export interface Person {
  readonly subject: string
  readonly name: string
  readonly email: string | null
}

export interface ServiceStatus {
  readonly name: string
  readonly type: 'airflow' | 'http' | 'tcp'
  /** Its port on this machine, bound or not. */
  readonly localPort: number
  /** What the person opens; null while no local port is bound. */
  readonly localUrl: string | null
  /** Who has that port, where it is not ours; null where it is, or nobody has tried. */
  readonly taken: TakenPort | null
  /** Which Airflow it is; null where it is none, and where no relay has told. */
  readonly airflow: AirflowVersion | null
}

export interface TakenPort {
  /** In words, e.g. `node (process 4711)`. */
  readonly owner: string
  /** A free port near it, for `setPort`; null where there is none. */
  readonly suggestion: number | null
}

export interface EnvironmentStatus {
  readonly name: string
  readonly relayUrl: string
  readonly state: ConnectionState
  readonly signedIn: boolean
  /** A browser is open, here or on another device, and has not come back yet. */
  readonly signingIn: boolean
  /** What was refused until the person has signed in anew; `signIn` asks for what it takes. Null for nothing. */
  readonly stepUp: Problem | null
  readonly person: Person | null
  readonly services: readonly ServiceStatus[]
  /** Why it is not connected, or what went wrong last; null once connected. */
  readonly lastError: Problem | null
  /** ISO 8601 time of the present connection. */
  readonly connectedSince: string | null
  /** ISO 8601 time at which the sign-in ends whatever is done; null where that is not known. */
  readonly signInEnds: string | null
  /** Which Jetway the relay is; null while it is not connected, and where the relay does not tell. */
  readonly relayVersion: string | null
  /** How it is marked, for people who have many. */
  readonly color: EnvironmentColor
  /** Marked unmistakably wherever it is shown. */
  readonly production: boolean
}

export type TokenStoreKind = 'keychain' | 'file' | 'memory'

export interface EngineStatus {
  readonly version: string
  readonly pid: number
  readonly tokenStore: TokenStoreKind
  /** Why there is no keychain, where there is none. */
  readonly tokenStoreProblem: Problem | null
  readonly environments: readonly EnvironmentStatus[]
  /** Environments that the company proposes and that are not there yet; `addEnvironment` takes their `relayUrl`. */
  readonly offers: readonly EnvironmentOffer[]
  /** Why a company file was not read, where one is there. */
  readonly offersProblem: Problem | null
}

export interface EnvironmentOffer {
  /** Null for the relay's own. */
  readonly name: string | null
  readonly relayUrl: string
}

const name = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9][a-z0-9-]*$/)
const environment = z.strictObject({ environment: name })
/** Whether to sign in on another device (RFC 8628). */
const device = z.boolean().optional()

/** Requests by method, with the schema of their params. */
export const controlRequests = {
  status: z.strictObject({}),
  /** Answers at once and then sends a `status` notification at each change. */
  watch: z.strictObject({}),
  /**
   * Discovers the relay and remembers it; the same relay URL again gives the environment that is there. What is left out
   * is as the company's file has it, where that proposes this relay.
   */
  addEnvironment: z.strictObject({
    relayUrl: z.url({ protocol: /^https?$/ }).max(2048),
    name: name.optional(),
    ca: z.string().max(4096).optional(),
    ports: z.record(z.string(), z.int().min(1).max(65535)).optional(),
  }),
  removeEnvironment: environment,
  /**
   * Sends a `browse` notification with the URL to open, or `deviceCode` where `device` is asked for; answers when the
   * sign-in is done. `fresh`: the person signs in once more although the provider knows them. With `aws` the machine signs
   * in by its AWS identity, and does so from then on; with null a person does. Left out: as the last time.
   */
  signIn: environment.extend({
    device,
    fresh: z.boolean().optional(),
    aws: z
      .strictObject({ region: z.string().max(40).nullable() })
      .nullable()
      .optional(),
  }),
  cancelSignIn: environment,
  signOut: environment,
  /** Asks the relay; nobody is asked to sign in. */
  whoAmI: environment,
  /** Signs in first where that is needed; answers when connected. */
  connect: z.strictObject({ environment: name, device }),
  disconnect: environment,
  /** Marks an environment. */
  setAppearance: environment.extend({ color: z.enum(environmentColors), production: z.boolean() }),
  /** Gives a service another port on this machine, and remembers it; what is connected connects anew. */
  setPort: environment.extend({ service: name, port: z.int().min(1).max(65535) }),
  /** What the person may do there; asked of the relay. */
  access: environment,
  /**
   * Answers what the person may ask for, has asked for and has to decide, and then sends an `accessRequests` notification at
   * each change, over all further connections until `unwatchAccessRequests`. Not connected: rejects, and tells once it is.
   */
  watchAccessRequests: environment,
  unwatchAccessRequests: environment,
  /** Asks for access. `policy` is one of those that may be asked for. */
  requestAccess: environment.extend(accessRequestAsk.shape),
  decideAccessRequest: environment.extend({
    id: z.string().min(1).max(64),
    ...accessRequestDecision.shape,
  }),
  /** Withdraws a request of one's own, gives back what was given, or takes back what one may decide on. */
  endAccessRequest: environment.extend({ id: z.string().min(1).max(64) }),
  /**
   * Answers what went through lately, oldest first, and then sends `activity` notifications, over all further connections
   * until `unwatchActivity`. Not connected: nothing yet.
   */
  watchActivity: environment,
  unwatchActivity: environment,
  /** Answers the last minute, oldest first, and then sends a `traffic` notification each second. */
  watchTraffic: environment,
  unwatchTraffic: environment,
  /** Looks for what keeps it from working; sends `finding` notifications on the way. Changes nothing. */
  diagnose: environment,
  /** The machine woke up, or is on another network: whether connections live is looked at now. */
  probe: z.strictObject({}),
  /**
   * From now on the engine asks this caller by `proxyWanted` for the way to each host: it knows the system's settings and
   * PAC files. The last who says so is asked; when it is gone, the engine's own environment variables count again.
   */
  resolveProxies: z.strictObject({}),
  /**
   * Answers a `proxyWanted`: HTTP proxies to try one after the other, as `http://host:port` or `https://host:port`, with
   * `direct` for none; null for what the engine's environment variables say.
   */
  answerProxy: z.strictObject({
    id: z.int().nonnegative(),
    proxies: z.array(z.string().max(2048)).max(16).nullable(),
  }),
  shutdown: z.strictObject({}),
} as const

export type ControlMethod = keyof typeof controlRequests
export type ControlParams<M extends ControlMethod> = z.infer<(typeof controlRequests)[M]>

export interface ControlResults {
  status: EngineStatus
  watch: EngineStatus
  addEnvironment: EnvironmentStatus
  removeEnvironment: null
  signIn: EnvironmentStatus
  cancelSignIn: null
  signOut: {
    readonly environment: EnvironmentStatus
    /** Where a browser ends the provider's own session too; null where the provider has no such page. */
    readonly endSessionUrl: string | null
  }
  whoAmI: WhoAmI
  connect: EnvironmentStatus
  disconnect: EnvironmentStatus
  setAppearance: EnvironmentStatus
  setPort: EnvironmentStatus
  access: Access
  watchAccessRequests: AccessRequests
  unwatchAccessRequests: null
  requestAccess: AccessRequest
  decideAccessRequest: AccessRequest
  endAccessRequest: AccessRequest
  watchActivity: readonly ActivityEntry[]
  unwatchActivity: null
  watchTraffic: readonly TrafficSample[]
  unwatchTraffic: null
  diagnose: readonly Finding[]
  probe: null
  resolveProxies: null
  answerProxy: null
  shutdown: null
}

/** Notifications from the engine; `browse` and `deviceCode` go only to those who asked to sign in. */
export interface ControlNotifications {
  status: EngineStatus
  browse: { readonly environment: string; readonly url: string }
  /** Several at once where much goes through: ten times a second at most. */
  activity: {
    readonly environment: string
    readonly entries: readonly ActivityEntry[]
    /** How many there were before these that came too fast to be told. */
    readonly lost: number
  }
  accessRequests: { readonly environment: string; readonly requests: AccessRequests }
  traffic: { readonly environment: string; readonly sample: TrafficSample }
  finding: { readonly environment: string; readonly finding: Finding }
  /** Goes to who asked for it by `resolveProxies`. `url` is an origin. */
  proxyWanted: { readonly id: number; readonly url: string }
  deviceCode: {
    readonly environment: string
    readonly userCode: string
    readonly verificationUri: string
    /** The same with the code in it; null where the provider gives none. */
    readonly verificationUriComplete: string | null
    readonly expiresInSeconds: number
  }
}
