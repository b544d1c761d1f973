/**
 * The control socket: JSON-RPC 2.0, one message a line, between the engine and whoever steers it (the CLI
 * and the desktop's main process). The socket belongs to its owner alone.
 */
import { z } from 'zod'
import type { Problem } from '../errors/problem.ts'
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
  /** What the person opens; null while no local port is bound. */
  readonly localUrl: string | null
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
}

export type TokenStoreKind = 'keychain' | 'file' | 'memory'

export interface EngineStatus {
  readonly version: string
  readonly pid: number
  readonly tokenStore: TokenStoreKind
  /** Why there is no keychain, where there is none. */
  readonly tokenStoreProblem: Problem | null
  readonly environments: readonly EnvironmentStatus[]
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
  /** Discovers the relay and remembers it; the same relay URL again gives the environment that is there. */
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
  shutdown: null
}

/** Notifications from the engine; `browse` and `deviceCode` go only to those who asked to sign in. */
export interface ControlNotifications {
  status: EngineStatus
  browse: { readonly environment: string; readonly url: string }
  deviceCode: {
    readonly environment: string
    readonly userCode: string
    readonly verificationUri: string
    /** The same with the code in it; null where the provider gives none. */
    readonly verificationUriComplete: string | null
    readonly expiresInSeconds: number
  }
}
